import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Configuration, KoaContextWithOIDC, Provider, ResourceServer } from 'oidc-provider'
import {
  loadOidcProvider,
  type OidcProviderModule,
  withoutNotices,
} from '../../examples/authorization-server/src/load-oidc-provider.ts'
import { REDIRECT_URI } from '../../examples/authorization-server/src/options.ts'
import { generateKey } from '../support/keys.ts'
import { LIFETIMES } from './lifetimes.ts'

export const SPA_REDIRECT_URI = 'https://spa.example.com/callback'
export const JWT_API = 'https://jwt.example.com'
export const OPAQUE_API = 'https://opaque.example.com'

const CONFIDENTIAL = { redirect_uris: [], response_types: [] }

/** One client for each grant, and the API as a client for introspection. */
export const CLIENTS = {
  native: {
    client_id: 'reports-app',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [REDIRECT_URI],
    response_types: ['code'],
  },
  spa: {
    client_id: 'reports-spa',
    token_endpoint_auth_method: 'none',
    grant_types: ['implicit'],
    redirect_uris: [SPA_REDIRECT_URI],
    response_types: ['id_token token'],
  },
  legacy: {
    client_id: 'reports-legacy',
    client_secret: 'of-the-legacy-app',
    grant_types: ['password'],
    ...CONFIDENTIAL,
  },
  cron: {
    client_id: 'reports-cron',
    client_secret: 'of-the-cron-job',
    grant_types: ['client_credentials'],
    ...CONFIDENTIAL,
  },
  api: {
    client_id: 'reports-api',
    client_secret: 'of-the-api',
    grant_types: ['client_credentials'],
    ...CONFIDENTIAL,
  },
} as const

/** Starts `oidc-provider` with every grant of RFC 6749, and with the user `user-ada`, whose password is `lovelace`. */
export async function startEveryGrantServer() {
  const module = await loadOidcProvider()
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = withoutNotices(() => new module.Provider(issuer, configuration(module)))
  provider.registerGrantType('password', (context) => grantByPassword(provider, context), [
    'username',
    'password',
    'scope',
    'resource',
  ])
  const handle = provider.callback()
  server.on('request', (request, response) => void handle(request, response))
  return {
    issuer,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function configuration({ errors }: OidcProviderModule): Configuration {
  const { privateKey, jwk } = generateKey('RS256')
  const signing = { ...jwk, ...privateKey.export({ format: 'jwk' }) }
  return {
    jwks: { keys: [signing] },
    clients: Object.values(CLIENTS).map((client) => structuredClone(client)) as never,
    clientBasedCORS: () => false,
    renderError(context, { error, error_description: description }) {
      context.body = `${error}: ${description ?? 'no description'}`
    },
    responseTypes: ['code', 'id_token token'],
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_context: unknown, identifier: string) {
          if (identifier !== JWT_API && identifier !== OPAQUE_API) throw new errors.InvalidTarget()
          return toResourceServer(identifier)
        },
        useGrantedResource: () => true,
      },
    },
    ttl: LIFETIMES,
  }
}

function toResourceServer(identifier: string): ResourceServer {
  const common = { audience: identifier, scope: 'read write', accessTokenTTL: 3600 }
  return identifier === OPAQUE_API
    ? { ...common, accessTokenFormat: 'opaque' }
    : { ...common, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }
}

/** Implements the resource owner password credentials grant (RFC 6749 section 4.3), which oidc-provider does not include. */
async function grantByPassword(provider: Provider, context: KoaContextWithOIDC): Promise<void> {
  const { client, params } = context.oidc
  const { username, password, scope, resource } = params as Record<string, string>
  if (username !== 'user-ada' || password !== 'lovelace') {
    context.status = 400
    context.body = { error: 'invalid_grant' }
    return
  }
  const grant = new provider.Grant({ accountId: username, clientId: client!.clientId })
  grant.addResourceScope(resource!, scope!)
  const token = new provider.AccessToken({
    accountId: username,
    client: client!,
    gty: 'password',
    grantId: await grant.save(),
    scope: scope!,
  })
  token.resourceServer = new provider.ResourceServer(resource!, toResourceServer(resource!))
  context.body = {
    access_token: await token.save(),
    expires_in: token.expiration,
    token_type: token.tokenType,
    scope,
  }
}
