import type { HttpClient, Reply } from './http.ts'
import type { Lots } from './lots.ts'
import { codeIn } from './mailbox.ts'
import type { Person } from './person.ts'
import { pause } from './polling.ts'
import type { Settings } from './program.ts'
import type { MailServer } from './smtp.ts'
import type { World } from './world.ts'

/** What is known from outside of a session whose beginning was acknowledged. */
class KnownSession {
  /** Its token was sent, and no answer came. */
  unanswered = false
  /** `leaving`: a logout was sent and not answered, so both are possible. */
  state: 'alive' | 'leaving' | 'ended' = 'alive'

  constructor(readonly person: Person) {}
}

/** What is known from outside of an account: only what the program has acknowledged. */
class KnownAccount {
  verified = false
  /** A code was sent without an answer: it may have been taken. */
  codeUnanswered = false
  codesTaken = 0
  /** Mails whose code a resend without an answer has replaced. */
  readonly refused = new Set<string>()
  /** Its guesses are spent: it stays as it is. */
  givenUp = false
  nameAcknowledged = 0
  nameTried = 0
  sessions: KnownSession[] = []

  constructor(readonly person: Person) {}
}

/** Settings with which a crowd asks for more than hashes. */
export const UNDER_LOAD: Settings = {
  RESEND_PAUSE: '0s',
  ARGON2_MEMORY_KIB: '7168',
  ARGON2_PASSES: '1',
  WORKERS: '24',
  HASH_THREADS: '4',
  LOG_LEVEL: 'warning',
}

const MOST_ACCOUNTS = 8
const MOST_SESSIONS = 4

/** People who use the program at once and write down each answer, on paper that no crash of it can reach. What differs
 *  from the paper is a complaint. */
export class Crowd {
  readonly complaints: string[] = []
  readonly accounts: KnownAccount[] = []
  readonly answered: Record<string, number> = {}
  private stopped = false
  private readonly http: HttpClient
  private working: Promise<void>[] = []

  constructor(
    private readonly world: World,
    private readonly mails: MailServer,
    private readonly lots: Lots,
  ) {
    this.http = world.client()
  }

  begins(people: number): void {
    this.stopped = false
    this.working = Array.from({ length: people }, async () => {
      const own: KnownAccount[] = []
      while (!this.stopped) await this.livesOn(own)
    })
  }

  async stops(): Promise<void> {
    this.stopped = true
    await Promise.all(this.working)
  }

  private async livesOn(own: KnownAccount[]): Promise<void> {
    const waiting = own.find((account) => !account.verified && !account.givenUp)
    if (waiting) return await this.verifies(waiting)
    if (own.every(({ givenUp }) => givenUp) || (own.length < MOST_ACCOUNTS && this.lots.happens(0.15)))
      return await this.registers(own)
    const account = this.lots.oneOf(own.filter(({ givenUp }) => !givenUp))
    const live = account.sessions.filter((session) => session.state === 'alive')
    const unsure = account.sessions.find((session) => session.unanswered || session.state === 'leaving')
    if (unsure) return await (unsure.state === 'leaving' ? this.logsOut(unsure) : this.refreshes(unsure))
    if (live.length === 0 || (live.length < MOST_SESSIONS && this.lots.happens(0.2))) return await this.signsIn(account)
    const session = this.lots.oneOf(live)
    const kind = this.lots.next()
    if (kind < 0.5) await this.refreshes(session)
    else if (kind < 0.7) await this.changesName(account, session)
    else if (kind < 0.85) await this.checks(session)
    else await this.logsOut(session)
  }

  /** The answer, or nothing where none came: what was asked may have happened or not. */
  private async asks(what: string, ask: () => Promise<Reply>): Promise<Reply | undefined> {
    let reply: Reply
    try {
      reply = await ask()
    } catch {
      if (!this.stopped) await pause(10)
      return undefined
    }
    if (reply.status === 503) {
      await pause(20)
      return undefined
    }
    if (reply.status >= 500) this.complains(`${what}: ${reply.status} ${reply.text}`)
    this.answered[what] = (this.answered[what] ?? 0) + 1
    return reply
  }

  private complains(what: string): void {
    this.complaints.push(what)
  }

  private async registers(own: KnownAccount[]): Promise<void> {
    const person = this.world.person('one', { http: this.http })
    const reply = await this.asks('register', () => person.triesToRegister())
    if (!reply) return
    if (reply.status !== 200) return this.complains(`registering ${person.email}: ${reply.status} ${reply.text}`)
    const account = new KnownAccount(person)
    own.push(account)
    this.accounts.push(account)
  }

  /** Sends the newest code, now and then twice at once; without a mail, or with one that is out of date, asks again. */
  private async verifies(account: KnownAccount): Promise<void> {
    const mail = await this.newestMail(account)
    if (!mail) {
      await this.asks('resend', () => account.person.asksForAnotherCode())
      return
    }
    const code = codeIn(mail)!
    const before = account.codeUnanswered
    const replies = await Promise.all(
      Array.from({ length: this.lots.happens(0.3) ? 2 : 1 }, () =>
        this.asks('verify', () => account.person.triesCode(code)),
      ),
    )
    const taken = replies.filter((reply) => reply?.status === 200).length
    account.codesTaken += taken
    if (taken > 0) {
      account.verified = true
      account.sessions.push(this.knows(account.person))
      return
    }
    if (replies.some((reply) => !reply)) {
      account.codeUnanswered = true
      return
    }
    const why = replies[0]!.body.code
    account.refused.add(mail.id)
    if (why === 'already_verified' && before) account.verified = true
    else if (why === 'code_budget_spent' || why === 'code_attempts_spent') account.givenUp = true
    else if (why === 'wrong_code') await this.asks('resend', () => account.person.asksForAnotherCode())
    else this.complains(`the code of ${account.person.email}: ${replies[0]!.text}`)
  }

  private async newestMail(account: KnownAccount) {
    for (let i = 0; i < 40 && !this.stopped; i++) {
      const mails = this.mails.received.filter((mail) => mail.to === account.person.email)
      const mail = mails.filter(({ id }) => !account.refused.has(id)).pop()
      if (mail) return mail
      await pause(20)
    }
    return undefined
  }

  /** The session that a person has just got, with a holder of its own for its tokens. */
  private knows(person: Person): KnownSession {
    const holder = person.atAnotherDevice()
    holder.accessToken = person.accessToken
    holder.refreshToken = person.refreshToken
    holder.deviceId = person.deviceId
    holder.sessionId = person.sessionId
    return new KnownSession(holder)
  }

  private async signsIn(account: KnownAccount): Promise<void> {
    const person = account.person.atAnotherDevice()
    const reply = await this.asks('login', () => person.triesToSignIn())
    if (!reply) return
    if (reply.status !== 200) return this.complains(`${person.email} signs in: ${reply.status} ${reply.text}`)
    account.sessions.push(new KnownSession(person))
  }

  /** Now and then twice at once. All answers about one token must name one successor. */
  private async refreshes(session: KnownSession): Promise<void> {
    const presented = session.person.refreshToken!
    const replies = await Promise.all(
      Array.from({ length: this.lots.happens(0.25) ? 2 : 1 }, () =>
        this.asks('refresh', () => session.person.triesToRefresh(presented)),
      ),
    )
    const answers = replies.filter((reply) => reply !== undefined)
    session.unanswered = answers.length === 0
    for (const reply of answers) {
      if (reply.status !== 200) {
        this.complains(`a session of ${session.person.email} is refreshed: ${reply.status} ${reply.text}`)
        session.state = 'ended'
      }
    }
    if (new Set(answers.map((reply) => reply.body.refresh_token)).size > 1) {
      this.complains(`a token of ${session.person.email} has two successors`)
    }
  }

  private async changesName(account: KnownAccount, session: KnownSession): Promise<void> {
    const number = ++account.nameTried
    const reply = await this.asks('profile', () => session.person.changesProfile({ display_name: `name ${number}` }))
    if (reply?.status === 200) account.nameAcknowledged = number
    else if (reply) this.complains(`${session.person.email} changes the profile: ${reply.status} ${reply.text}`)
  }

  private async checks(session: KnownSession): Promise<void> {
    const reply = await this.asks('check', () => session.person.checksSession())
    if (reply && reply.status !== 200) {
      this.complains(`a session of ${session.person.email} is checked: ${reply.status} ${reply.text}`)
    }
  }

  private async logsOut(session: KnownSession): Promise<void> {
    session.state = 'leaving'
    const reply = await this.asks('logout', () => session.person.logsOut())
    if (!reply) return
    if (reply.status !== 204) this.complains(`${session.person.email} logs out: ${reply.status} ${reply.text}`)
    session.state = 'ended'
  }

  /** Compares the paper with what the program says when all is quiet. */
  async compares(): Promise<void> {
    for (const account of this.accounts) await this.comparesAccount(account)
  }

  private async comparesAccount(account: KnownAccount): Promise<void> {
    const { email } = account.person
    const fresh = account.person.atAnotherDevice()
    const login = await fresh.triesToSignIn()
    if (account.codesTaken > 1) this.complains(`a code of ${email} was taken ${account.codesTaken} times`)
    if (account.verified) {
      if (login.status !== 200) return this.complains(`${email} was verified: ${login.status} ${login.text}`)
      const named = (await fresh.asks('/api/account/profile')).body.display_name ?? ''
      const number = Number(named.replace('name ', ''))
      if (number < account.nameAcknowledged || number > account.nameTried) {
        this.complains(`the name of ${email} is "${named}", acknowledged was ${account.nameAcknowledged}`)
      }
    } else if (login.body.code !== 'email_not_verified' && !(account.codeUnanswered && login.status === 200)) {
      this.complains(`${email} has registered: ${login.status} ${login.text}`)
    }
    for (const session of account.sessions) await this.comparesSession(session)
  }

  private async comparesSession(session: KnownSession): Promise<void> {
    const { person, state } = session
    const checked = await person.checksSession()
    const refreshed = await person.triesToRefresh()
    const both = `${checked.status} ${checked.body?.code}, ${refreshed.status} ${refreshed.body?.code}`
    const lives = checked.status === 200 && refreshed.status === 200
    const dead = checked.body?.code === 'session_ended' && refreshed.body?.code === 'session_ended'
    if (state === 'alive' ? !lives : state === 'ended' ? !dead : !lives && !dead) {
      this.complains(`a session of ${person.email} that is ${state}: ${both}`)
    }
  }
}
