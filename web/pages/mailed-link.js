// The page that a mailed link opens: a form that makes the call in data-call. The token is in the URL's fragment, which
// browsers do not send to the server. It is used only when somebody presses the button, so programs that open the links
// in mails do not use it up. The address in the fragment is only shown, and given to the password manager.
'use strict'

const form = document.querySelector('form')
const button = form.querySelector('button')
/** A new password, or the one that the call asks for; it is sent by its name. */
const password = document.getElementById('password')
const passwordPart = document.getElementById('password-part')
const fragment = new URLSearchParams(location.hash.slice(1))
const token = fragment.get('token')

/** After these there is nothing more to send. */
const last = [
  'done',
  'link_invalid',
  'email_taken',
  'username_taken',
  'already_verified',
  'enrolment_required',
  'account_disabled',
]

function showAddress(address) {
  if (!address) return
  const field = document.getElementById('address')
  if (field) field.value = address
  for (const place of document.querySelectorAll('[data-address]')) place.textContent = address
}

/** Shows the sentence for an outcome, or none; `advice` is what the server says about a password. */
function show(outcome, advice = '') {
  const sentences = [...document.querySelectorAll('#answer [data-when]')]
  const wanted = sentences.some((sentence) => sentence.dataset.when === outcome) ? outcome : outcome && 'other'
  for (const sentence of sentences) sentence.hidden = sentence.dataset.when !== wanted
  const place = document.getElementById('advice')
  if (place) place.textContent = advice
}

/** To the application, where APP_URL names it. */
function offerWayBack() {
  const wayBack = document.getElementById('way-back')
  if (wayBack) wayBack.hidden = false
}

/** The token leaves the address bar and the history. */
function finish(outcome) {
  form.hidden = true
  if (password) password.value = ''
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

function askForPassword() {
  document.getElementById('question').hidden = true
  passwordPart.hidden = false
  password.required = true
  password.focus()
}

async function post(body) {
  const reply = await fetch(form.dataset.call, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = await reply.json().catch(() => ({}))
  if (reply.ok) {
    showAddress(answer.user?.email ?? answer.email)
    return { outcome: 'done' }
  }
  if (reply.status === 429) return { outcome: 'rate_limited' }
  if (answer.field === 'new_password') return { outcome: 'weak_password', advice: answer.detail }
  // A token that was cut off has the wrong form.
  if (answer.code === 'invalid_field' && answer.field === 'token') return { outcome: 'link_invalid' }
  return { outcome: answer.code ?? 'other' }
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  show(null)
  button.disabled = true
  const body = password?.required ? { token, [password.name]: password.value } : { token }
  const { outcome, advice } = await post(body).catch(() => ({ outcome: 'offline' }))
  button.disabled = false
  if (outcome === 'password_required') return askForPassword()
  if (last.includes(outcome)) return finish(outcome)
  show(outcome, advice)
  if (outcome === 'wrong_credentials') password.select()
  if (outcome === 'weak_password') password.focus()
})

document.getElementById('reveal')?.addEventListener('change', (event) => {
  password.type = event.target.checked ? 'text' : 'password'
})

showAddress(fragment.get('email'))
if (token) {
  form.hidden = false
} else {
  show('no_token')
  offerWayBack()
}
