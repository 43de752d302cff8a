// A page behind a mailed link with one button, which makes the call that the form names. The token stands in the
// fragment, which no server and no log sees; only a person who presses the button spends it, so that programs which
// open links in mails do not. The address beside it is shown, and decides nothing.
'use strict'

const form = document.getElementById('confirm')
const button = form.querySelector('button')
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

/** To the application, where APP_URL names it. */
function offerWayBack() {
  const wayBack = document.getElementById('way-back')
  if (wayBack) wayBack.hidden = false
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

async function post() {
  const reply = await fetch(form.dataset.call, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  })
  const answer = await reply.json().catch(() => ({}))
  // A token that was cut off has the wrong form.
  if (answer.code === 'invalid_field') return 'link_invalid'
  if (!reply.ok) return reply.status === 429 ? 'rate_limited' : (answer.code ?? 'other')
  showAddress(answer.email)
  return 'done'
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  show(null)
  button.disabled = true
  const outcome = await post().catch(() => 'offline')
  button.disabled = false
  if (['done', 'link_invalid', 'email_taken'].includes(outcome)) finish(outcome)
  else show(outcome)
})

showAddress(fragment.get('email'))
if (token) {
  form.hidden = false
} else {
  show('no_token')
  offerWayBack()
}
