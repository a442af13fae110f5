const assert = require('node:assert/strict')
const { once } = require('node:events')

const issuer = 'https://as.example.com'
const audience = 'https://api.example.com'

/** Sends requests to a guarded API, and requests a token with a signed client assertion. */
exports.runScenario = async (express, { auth, createBearward }, { clientCredentials }, jose) => {
  const { publicKey, privateKey } = await jose.generateKeyPair('ES256', { extractable: true })
  const jwks = { keys: [await jose.exportJWK(publicKey)] }
  const { requireToken } = createBearward({ issuer, audience, jwks })
  const app = express().get('/', requireToken({ scope: 'read' }), (request, response) => {
    response.json({ caller: auth(request).clientId })
  })
  const token = await new jose.SignJWT({ client_id: 'reports-cron', scope: 'read' })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject('reports-cron')
    .setExpirationTime('5 min')
    .sign(privateKey)

  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const url = `http://127.0.0.1:${server.address().port}/`
    assert.equal((await fetch(url)).status, 401)
    const granted = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    assert.equal(granted.status, 200)
    assert.equal(await granted.text(), '{"caller":"reports-cron"}')
  } finally {
    server.closeAllConnections()
    server.close()
  }

  const key = { ...(await jose.exportJWK(privateKey)), alg: 'ES256' }
  const source = clientCredentials({
    tokenEndpoint: `${issuer}/token`,
    clientId: 'orders',
    clientAuthentication: { method: 'private_key_jwt', key, audience: issuer },
    fetch: async () => Response.json({ access_token: 'a', token_type: 'bearer', expires_in: 60 }),
  })
  assert.equal((await source.getToken()).value, 'a')
}
