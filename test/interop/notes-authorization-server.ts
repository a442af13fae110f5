import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Configuration, InteractionResults, Provider } from 'oidc-provider'
import { createCookieJar } from '../../examples/authorization-server/src/cookie-jar.ts'
import {
  loadOidcProvider,
  type OidcProviderModule,
  withoutNotices,
} from '../../examples/authorization-server/src/load-oidc-provider.ts'
import { generateKey } from '../support/keys.ts'
import { recordRequests } from './recorded-requests.ts'
import { LIFETIMES } from './lifetimes.ts'

/** A machine that is registered in advance. It can get all scopes. */
export const MACHINE = { id: 'notes-cron', secret: 'of-the-notes-cron-job' } as const

/** An app that is registered in advance. No server listens at its redirect URI. */
export const APP = { id: 'notes-app', redirectUri: 'http://127.0.0.1:6276/callback' } as const

export const USER = 'user-ada'
export const SCOPES = ['notes:read', 'notes:write'] as const

export const PASSWORD = 'urn:example:password'
export const MULTI_FACTOR = 'urn:example:multi-factor'

/** Age of the session of a user who was not asked to authenticate again, in seconds. */
export const SESSION_AGE = 3600

/**
 * Starts `oidc-provider` for APIs whose addresses are added to `resources` later. It registers clients dynamically (RFC 7591).
 *
 * A client that sends a DPoP proof gets a bound token. If `requiresNonce` is `true`, proofs need a nonce of the server.
 *
 * The user signs in without a form. A request with `acr_values` or `max_age` is answered with a new sign-in with several factors.
 * For other requests, the user has signed in an hour ago with a password.
 */
export async function startNotesAuthorizationServer({ requiresNonce = false } = {}) {
  const module = await loadOidcProvider()
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const resources = new Set<string>()
  const configuration = getConfiguration(module, resources, requiresNonce)
  const provider = withoutNotices(() => new module.Provider(issuer, configuration))
  const handle = provider.callback()
  const { requests, record } = recordRequests()
  server.on('request', (request, response) => {
    record(request, response)
    if (request.url?.startsWith('/interaction/')) void interact(provider, request, response)
    else void handle(request, response)
  })
  return {
    issuer,
    /** The identifiers of the APIs: the accepted values of `resource` (RFC 8707). */
    resources,
    requests,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export type NotesAuthorizationServer = Awaited<ReturnType<typeof startNotesAuthorizationServer>>

/**
 * Creates a browser with cookies. It follows redirects until a redirect leads to `destination`. It returns the URL of this
 * redirect, and does not request it.
 */
export function createBrowser() {
  const jar = createCookieJar()
  return async function browse(start: URL, destination: string): Promise<URL> {
    let url = start
    for (let requests = 0; requests < 20; requests++) {
      const response = await fetch(url, {
        headers: { cookie: jar.getHeader(url) },
        redirect: 'manual',
      })
      jar.store(response)
      const page = await response.text()
      const location = response.headers.get('location')
      if (location === null) throw new Error(`${url.href}: ${response.status} ${page}`)
      url = new URL(location, url)
      if (url.href.startsWith(destination)) return url
    }
    throw new Error('The sign-in took more than 20 requests.')
  }
}

function getConfiguration(
  { errors, interactionPolicy }: OidcProviderModule,
  resources: ReadonlySet<string>,
  requiresNonce: boolean,
): Configuration {
  const { privateKey, jwk } = generateKey('RS256')
  const policy = interactionPolicy.base()
  policy.get('login')!.checks.add(
    new interactionPolicy.Check('acr_values', 'Another authentication is required', ({ oidc }) => {
      const requested = oidc.params?.['acr_values'] as string | undefined
      if (requested === undefined || oidc.result?.login !== undefined) return false
      return !requested.split(' ').includes(oidc.session?.acr ?? '')
    }),
  )
  return {
    jwks: { keys: [{ ...jwk, ...privateKey.export({ format: 'jwk' }) }] },
    acrValues: [PASSWORD, MULTI_FACTOR],
    clients: [
      {
        client_id: MACHINE.id,
        client_secret: MACHINE.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
      {
        client_id: APP.id,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        redirect_uris: [APP.redirectUri],
      },
    ],
    clientBasedCORS: () => true,
    extraClientMetadata: {
      properties: ['registered_for'],
      // A client registers only the scopes of its first request. This function removes the limit, so that the client can get
      // other scopes later.
      validator(_context, _name, _value, metadata) {
        delete metadata.scope
      },
    },
    // RFC 9068 section 2.2.1: access tokens describe the authentication of the user.
    extraTokenClaims({ oidc }) {
      const code = oidc.entities.AuthorizationCode
      return code === undefined ? undefined : { acr: code.acr, auth_time: code.authTime }
    },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { policy },
    renderError(context, { error, error_description: description }) {
      context.body = `${error}: ${description ?? 'no description'}`
    },
    responseTypes: ['code'],
    // Without `offline_access`, the server does not support refresh tokens.
    scopes: ['openid', 'offline_access', ...SCOPES],
    issueRefreshToken: (_context, client) => client.grantTypeAllowed('refresh_token'),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => requiresNonce },
      registration: { enabled: true },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_context: unknown, identifier: string) {
          if (!resources.has(identifier)) throw new errors.InvalidTarget()
          return {
            audience: identifier,
            scope: SCOPES.join(' '),
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          }
        },
        useGrantedResource: () => true,
      },
    },
    ttl: LIFETIMES,
  }
}

/** Signs the user in and consents, without a page. */
async function interact(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { prompt, params, grantId } = await provider.interactionDetails(request, response)
  const result =
    prompt.name === 'login'
      ? { login: signIn(params) }
      : { consent: { grantId: await grant(provider, prompt.details, params, grantId) } }
  await provider.interactionFinished(request, response, result, {
    mergeWithLastSubmission: prompt.name !== 'login',
  })
}

function signIn(params: Record<string, unknown>): NonNullable<InteractionResults['login']> {
  const now = Math.floor(Date.now() / 1000)
  const isStepUp = params['acr_values'] !== undefined || params['max_age'] !== undefined
  return isStepUp
    ? { accountId: USER, acr: MULTI_FACTOR, ts: now }
    : { accountId: USER, acr: PASSWORD, ts: now - SESSION_AGE }
}

async function grant(
  provider: Provider,
  details: Record<string, unknown>,
  params: Record<string, unknown>,
  grantId: string | undefined,
): Promise<string> {
  const before = grantId === undefined ? undefined : await provider.Grant.find(grantId)
  const granted =
    before ?? new provider.Grant({ accountId: USER, clientId: params['client_id'] as string })
  const { missingOIDCScope = [], missingResourceScopes = {} } = details as {
    missingOIDCScope?: string[]
    missingResourceScopes?: Record<string, string[]>
  }
  granted.addOIDCScope(missingOIDCScope.join(' '))
  for (const [resource, scopes] of Object.entries(missingResourceScopes))
    granted.addResourceScope(resource, scopes.join(' '))
  return granted.save()
}
