import { requestClientCredentialsToken } from '@bearward/example-authorization-server'
import { auth } from '@bearward/express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer } from '../support/requests.ts'
import { startNotesApi } from './notes-api.ts'
import {
  createBrowser,
  MACHINE,
  MULTI_FACTOR,
  type NotesAuthorizationServer,
  PASSWORD,
  SESSION_AGE,
  startNotesAuthorizationServer,
} from './notes-authorization-server.ts'
import { type AuthorizationParameters, getChallenges, signIn } from './oauth-client.ts'

let authorizationServer: NotesAuthorizationServer

beforeAll(async () => {
  authorizationServer = await startNotesAuthorizationServer()
})
afterAll(() => authorizationServer.close())

const REQUIREMENTS = {
  '/acr': { acr: MULTI_FACTOR },
  '/acr-of-two': { acr: ['urn:example:hardware-key', MULTI_FACTOR] },
  '/max-auth-age': { maxAuthAge: 300 },
  '/both': { acr: MULTI_FACTOR, maxAuthAge: 300 },
  '/met': { acr: [PASSWORD, MULTI_FACTOR], maxAuthAge: SESSION_AGE + 60 },
} as const

const startApi = () =>
  startNotesApi(authorizationServer, '/notes', (app, { requireToken }) => {
    for (const [route, requirements] of Object.entries(REQUIREMENTS)) {
      app.get(
        route,
        requireToken({ scope: 'notes:read', ...requirements }),
        (request, response) => {
          const { acr, auth_time: authTime } = auth(request).claims
          response.json({ acr, authTime })
        },
      )
    }
  })

describe('step-up with oidc-provider', () => {
  it.each([
    ['/acr', { acr_values: MULTI_FACTOR }],
    ['/acr-of-two', { acr_values: `urn:example:hardware-key ${MULTI_FACTOR}` }],
    ['/max-auth-age', { max_age: '300' }],
    ['/both', { acr_values: MULTI_FACTOR, max_age: '300' }],
  ] as const)(
    'a client that sends the parameters of the challenge of %s, %o, gets a token that the guard grants',
    async (route, parameters) => {
      const api = await startApi()
      const url = new URL(route, api.url)
      const browse = createBrowser()
      const authorize = (more: AuthorizationParameters = {}) =>
        signIn(authorizationServer.issuer, browse, {
          scope: 'openid notes:read',
          resource: api.resource,
          ...more,
        })

      const [challenge, ...others] = await getChallenges(url, await authorize())
      expect(others).toEqual([])
      const { acr_values: acrValues, max_age: maxAge, error } = challenge!.parameters
      expect(error).toBe('insufficient_user_authentication')
      const given = { acr_values: acrValues, max_age: maxAge }
      expect(given).toEqual({ acr_values: undefined, max_age: undefined, ...parameters })

      // Without the parameters, the authorization server uses the session of the browser again.
      expect(await getChallenges(url, await authorize())).toHaveLength(1)
      const present = Object.entries(given).filter(([, value]) => value !== undefined)
      const token = await authorize(Object.fromEntries(present) as AuthorizationParameters)
      const response = await fetch(url, bearer(token))
      expect(response.status).toBe(200)
      const { acr, authTime } = (await response.json()) as { acr: string; authTime: number }
      expect(acr).toBe(MULTI_FACTOR)
      expect(Date.now() / 1000 - authTime).toBeLessThan(300)
    },
  )

  it('a guard grants a token of a session that meets acr and maxAuthAge', async () => {
    const api = await startApi()
    const token = await signIn(authorizationServer.issuer, createBrowser(), {
      scope: 'notes:read',
      resource: api.resource,
    })
    expect(await getChallenges(new URL('/met', api.url), token)).toEqual([])
  })

  it.each(['/acr', '/max-auth-age', '/both'])(
    'the guard of %s refuses a token of a machine with 403, and does not ask for a sign-in',
    async (route) => {
      const api = await startApi()
      const { access_token: token } = await requestClientCredentialsToken(
        authorizationServer.issuer,
        MACHINE,
        { scope: 'notes:read', resource: api.resource },
      )
      const url = new URL(route, api.url)
      const [challenge] = await getChallenges(url, token)
      expect(challenge!.parameters).not.toHaveProperty('error')
      expect(challenge!.parameters).not.toHaveProperty('acr_values')
      expect((await fetch(url, bearer(token))).status).toBe(403)
    },
  )
})
