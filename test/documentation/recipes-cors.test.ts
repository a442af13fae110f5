import type { Express } from 'express'
import { expect } from 'vitest'
import { closing } from '../support/closing.ts'
import { listen } from '../support/servers.ts'
import {
  appInstead,
  describeDocument,
  issuerAddress,
  machineToken,
  useAuthorizationServer,
} from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

useAuthorizationServer()

describeDocument('docs/recipes/cors.md', {
  async CORS(code) {
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const app = (await runSnippet('recipes-cors', adapted))['app'] as Express
    const { url } = closing(await listen(app))
    const origin = 'https://app.example.com'

    const preflight = await fetch(`${url}/reports`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin)
    expect(preflight.headers.get('access-control-allow-headers')).toBe('Authorization,Content-Type')

    const refused = await fetch(`${url}/reports`, { headers: { origin } })
    expect(refused.status).toBe(401)
    expect(refused.headers.get('access-control-allow-origin')).toBe(origin)
    expect(refused.headers.get('access-control-expose-headers')).toBe(
      'WWW-Authenticate,Retry-After',
    )

    const authorization = `Bearer ${await machineToken('read:reports')}`
    const granted = await fetch(`${url}/reports`, { headers: { origin, authorization } })
    expect(granted.status).toBe(200)
    expect(granted.headers.get('access-control-allow-origin')).toBe(origin)

    const other = await fetch(`${url}/reports`, { headers: { origin: 'https://evil.example' } })
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
  },
})
