// The page that the mailed link for a new password opens. The token is in the URL's fragment, which browsers do not send
// to the server. It is used only when somebody sends the form. The address in the fragment is only shown, and given to
// the password manager.
'use strict'

const form = document.getElementById('reset')
const button = form.querySelector('button')
const password = document.getElementById('password')
const fragment = new URLSearchParams(location.hash.slice(1))
const token = fragment.get('token')

function showAddress(address) {
  if (!address) return
  document.getElementById('address').value = address
  for (const place of document.querySelectorAll('[data-address]')) place.textContent = address
}

/** Shows the sentence for an outcome, or none; `advice` is what the server says about the password. */
function show(outcome, advice = '') {
  const sentences = [...document.querySelectorAll('#answer [data-when]')]
  const wanted = sentences.some((sentence) => sentence.dataset.when === outcome) ? outcome : outcome && 'other'
  for (const sentence of sentences) sentence.hidden = sentence.dataset.when !== wanted
  document.getElementById('advice').textContent = advice
}

/** There is nothing more to send; the token leaves the address bar and the history. */
function finish(outcome) {
  form.hidden = true
  password.value = ''
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

async function post(body) {
  const reply = await fetch('/api/auth/password/reset', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (reply.ok) return { outcome: 'done' }
  const answer = await reply.json().catch(() => ({}))
  if (reply.status === 429) return { outcome: 'rate_limited' }
  if (answer.field === 'new_password') return { outcome: 'weak_password', advice: answer.detail }
  return { outcome: answer.code ?? 'other' }
}

async function send() {
  show(null)
  button.disabled = true
  const { outcome, advice } = await post({ token, new_password: password.value }).catch(() => ({ outcome: 'offline' }))
  button.disabled = false
  if (['done', 'link_invalid', 'account_disabled'].includes(outcome)) return finish(outcome)
  show(outcome, advice)
  if (outcome === 'weak_password') password.focus()
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  void send()
})

document.getElementById('reveal').addEventListener('change', (event) => {
  password.type = event.target.checked ? 'text' : 'password'
})

showAddress(fragment.get('email'))
if (token) {
  form.hidden = false
} else {
  show('no_token')
  offerWayBack()
}
