import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Person, freshName, refuses, succeeds } from '../support/person.ts'
import { ENGINES } from '../support/storage.ts'
import { World } from '../support/world.ts'

describe.each(ENGINES)('R1.8 profiles, on %s', (engine) => {
  let world: World
  let alice: Person
  beforeAll(async () => {
    world = await World.begins(engine)
    alice = world.person('alice', { username: freshName('alice') })
    await alice.signsUp({ display_name: 'Alice', locale: 'de-AT' })
  })
  afterAll(() => world.ends())

  const profile = async () => succeeds(await alice.asks('/api/account/profile')).body

  test('what registration said stands there', async () => {
    expect(await profile()).toMatchObject({
      user_id: alice.userId,
      email: alice.email,
      email_verified: true,
      username: alice.username,
      display_name: 'Alice',
      avatar_url: '',
      locale: 'de-AT',
      time_zone: 'UTC',
    })
  })

  test('a change changes what it names, and nothing else; an empty text clears', async () => {
    const before = await profile()
    const changed = succeeds(
      await alice.changesProfile({
        display_name: 'Al\u00edce \u{1f980}',
        avatar_url: 'https://example.org/a.png',
        time_zone: 'Europe/Vienna',
      }),
    ).body
    expect(changed).toMatchObject({
      display_name: 'Al\u00edce \u{1f980}',
      avatar_url: 'https://example.org/a.png',
      time_zone: 'Europe/Vienna',
      locale: 'de-AT',
    })
    expect(Date.parse(changed.updated_at)).toBeGreaterThan(Date.parse(before.updated_at))
    expect(await profile()).toEqual(changed)
    expect((await alice.checksSession()).body.user.display_name, 'no stale cache').toBe('Al\u00edce \u{1f980}')
    const cleared = succeeds(await alice.changesProfile({ avatar_url: '' })).body
    expect(cleared).toMatchObject({ avatar_url: '', display_name: 'Al\u00edce \u{1f980}' })
    const same = succeeds(await alice.changesProfile({})).body
    expect(same).toEqual(cleared)
  })

  test('the system knows the time zones, and a scheme has no case', async () => {
    const change = { time_zone: 'America/Ciudad_Juarez', avatar_url: 'HTTPS://example.org/a.png' }
    expect(succeeds(await alice.changesProfile(change)).body).toMatchObject(change)
    succeeds(await alice.changesProfile({ time_zone: '', avatar_url: '' }))
  })

  test('gRPC tells a field that is left out from an empty one', async () => {
    const grpc = world.grpc()
    grpc.accessToken = alice.accessToken
    await grpc.call('AccountService', 'UpdateProfile', { display_name: 'Via gRPC' })
    const after = await grpc.call('AccountService', 'UpdateProfile', { time_zone: '' })
    expect(after).toMatchObject({ display_name: 'Via gRPC', time_zone: 'UTC', locale: 'de-AT' })
  })

  test.each([
    ['display_name', 'x'.repeat(101)],
    ['display_name', 'a\nb'],
    ['display_name', '   '],
    ['display_name', '\u00a0\u200b'],
    ['display_name', 'Ada\u202egro.live'],
    ['avatar_url', 'javascript:alert(1)'],
    ['avatar_url', 'http://example.org/a.png'],
    ['avatar_url', '//example.org/a.png'],
    ['avatar_url', 'https://'],
    ['avatar_url', `https://example.org/${'x'.repeat(2048)}`],
    ['locale', 'klingon language'],
    ['locale', '../../etc'],
    ['time_zone', 'Mars/Olympus'],
    ['time_zone', '../../etc/passwd'],
  ])('ASVS 2.2.1 %s: %j is refused by name, and nothing changes', async (field, value) => {
    const before = await profile()
    refuses(
      await alice.changesProfile({ [field]: value, ...(field === 'display_name' ? {} : { display_name: 'Half' }) }),
      400,
      'invalid_field',
      field,
    )
    expect(await profile()).toEqual(before)
  })

  test.each(['email', 'email_verified', 'user_id', 'roles', 'status', 'username', 'created_at'])(
    'B36 %s is not for the owner to write',
    async (field) => {
      refuses(await alice.changesProfile({ [field]: 'x' }), 400, 'unknown_field', field)
    },
  )

  test('B5 changes at once lose none: the last word of each field is one of theirs', async () => {
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        alice.changesProfile(i % 2 ? { display_name: `n${i}` } : { time_zone: i % 4 ? 'Asia/Tokyo' : 'Europe/Paris' }),
      ),
    )
    expect(replies.map((reply) => reply.status)).toEqual(Array(12).fill(200))
    const after = await profile()
    expect(after.display_name).toMatch(/^n\d+$/)
    expect(['Asia/Tokyo', 'Europe/Paris']).toContain(after.time_zone)
  })
})
