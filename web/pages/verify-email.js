// The page that a mailed link opens. The token is in the URL's fragment, which browsers do not send to the server. It is
// used only when somebody presses the button, so programs that open the links in mails do not use it up. The address in
// the fragment is only shown.
'use strict'

const form = document.getElementById('confirm')
const button = form.querySelector('button')
const passwordPart = document.getElementById('password-part')
const password = document.getElementById('password')
const fragment = new URLSearchParams(location.hash.slice(1))
const token = fragment.get('token')

function showAddress(address) {
  if (!address) return
  for (const place of document.querySelectorAll('[data-address]')) place.textContent = address
}

/** Shows the sentence for an outcome, or none. */
function show(outcome) {
  const sentences = [...document.querySelectorAll('#answer [data-when]')]
  const wanted = sentences.some((sentence) => sentence.dataset.when === outcome) ? outcome : outcome && 'other'
  for (const sentence of sentences) sentence.hidden = sentence.dataset.when !== wanted
}

/** There is nothing more to press; the token leaves the address bar and the history. */
function finish(outcome) {
  form.hidden = true
  history.replaceState(null, '', location.pathname)
  if (outcome === 'done') {
    const heading = document.getElementById('heading')
    heading.textContent = heading.dataset.done
    document.title = heading.dataset.done
  }
  show(outcome)
  offerWayBack()
  document.getElementById('answer').focus()
}

/** To the application, where APP_URL names it. */
function offerWayBack() {
  const wayBack = document.getElementById('way-back')
  if (wayBack) wayBack.hidden = false
}

function askForPassword() {
  document.getElementById('question').hidden = true
  passwordPart.hidden = false
  password.required = true
  password.focus()
}

async function post(body) {
  const reply = await fetch('/api/auth/email/verify', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = await reply.json().catch(() => ({}))
  if (!reply.ok) return reply.status === 429 ? 'rate_limited' : (answer.code ?? 'other')
  showAddress(answer.user?.email)
  return 'done'
}

async function confirm() {
  show(null)
  button.disabled = true
  const body = passwordPart.hidden ? { token } : { token, password: password.value }
  const outcome = await post(body).catch(() => 'offline')
  button.disabled = false
  if (outcome === 'password_required') return askForPassword()
  if (['done', 'link_invalid', 'username_taken', 'already_verified', 'enrolment_required'].includes(outcome))
    return finish(outcome)
  show(outcome)
  if (outcome === 'wrong_credentials') password.select()
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  void confirm()
})

showAddress(fragment.get('email'))
if (token) {
  form.hidden = false
} else {
  show('no_token')
  offerWayBack()
}
