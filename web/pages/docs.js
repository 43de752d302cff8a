// Starts the API reference on our own description; nothing is fetched from anywhere else.
'use strict'

SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  validatorUrl: 'none',
})
