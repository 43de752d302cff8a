// The page behind a mailed link. The token stands in the fragment, which no server and no log sees; only a person who
// presses the button spends it, so that programs which open links in mails do not.
'use strict'

const form = document.getElementById('confirm')
const button = form.querySelector('button')
const passwordPart = document.getElementById('password-part')
const password = document.getElementById('password')
const token = new URLSearchParams(location.hash.slice(1)).get('token')

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
  show(outcome)
  document.getElementById('answer').focus()
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
  if (reply.ok) return 'done'
  const problem = await reply.json().catch(() => ({}))
  return reply.status === 429 ? 'rate_limited' : (problem.code ?? 'other')
}

async function confirm() {
  show(null)
  button.disabled = true
  const outcome = await post(passwordPart.hidden ? { token } : { token, password: password.value }).catch(() => 'offline')
  button.disabled = false
  if (outcome === 'password_required') return askForPassword()
  if (['done', 'link_invalid', 'username_taken', 'already_verified'].includes(outcome)) return finish(outcome)
  show(outcome)
  if (outcome === 'wrong_credentials') password.select()
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  void confirm()
})

if (token) form.hidden = false
else show('no_token')
