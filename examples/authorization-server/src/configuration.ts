import { randomBytes } from 'node:crypto'
import type {
  Account,
  Client as RegisteredClient,
  ClientMetadata,
  Configuration,
  ResourceServer,
} from 'oidc-provider'
import { REDIRECT_URI } from './options.ts'
import type { AuthorizationServerOptions, Client, Resource, User } from './options.ts'
import type { OidcProviderModule } from './load-oidc-provider.ts'
import { SIGNING_ALGORITHMS } from './signing-keys.ts'
import type { SigningAlgorithm, SigningKey } from './signing-keys.ts'

const HOUR = 3600
const DAY = 24 * HOUR

/** Returns the algorithm of ID tokens. It is the algorithm of the first API, so one key signs both kinds of tokens. */
export function getIdTokenAlgorithm(options: AuthorizationServerOptions): SigningAlgorithm {
  return options.resources[0]?.algorithm ?? 'RS256'
}

/**
 * Converts the options to a configuration of oidc-provider. Some settings equal the default. If they are missing,
 * oidc-provider prints warnings.
 */
export function toConfiguration(
  options: AuthorizationServerOptions,
  keys: readonly SigningKey[],
  { errors }: OidcProviderModule,
): Configuration {
  const users = new Map(options.users?.map((user) => [user.id, user]))
  const resources = new Map(options.resources.map((resource) => [resource.identifier, resource]))
  const clients = new Map(options.clients.map((client) => [client.id, client]))
  return {
    jwks: { keys },
    clients: options.clients.map((client) =>
      toClientMetadata(client, getIdTokenAlgorithm(options)),
    ),
    enabledJWA: {
      dPoPSigningAlgValues: SIGNING_ALGORITHMS,
      idTokenSigningAlgValues: SIGNING_ALGORITHMS,
      introspectionSigningAlgValues: SIGNING_ALGORITHMS,
    },
    claims: { openid: ['sub'], profile: ['name'] },
    clientBasedCORS: () => false,
    // All programs run on one computer and share its clock, so no tolerance is needed.
    clockTolerance: 0,
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      dPoP: {
        enabled: true,
        ...(options.requireDpopNonce === true && {
          nonceSecret: randomBytes(32),
          requireNonce: () => true,
        }),
      },
      introspection: {
        enabled: true,
        allowedPolicy: (_context, client, token) =>
          client.clientAuthMethod !== 'none' || token.clientId === client.clientId,
      },
      jwtIntrospection: { enabled: true },
      revocation: {
        enabled: true,
        allowedPolicy: (_context, client, token) => token.clientId === client.clientId,
      },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo(_context: unknown, identifier: string, client: RegisteredClient) {
          const resource = resources.get(identifier)
          if (resource === undefined) throw new errors.InvalidTarget()
          return toResourceServer(resource, clients.get(client.clientId))
        },
      },
    },
    extraTokenClaims({ oidc: { entities } }, { clientId }) {
      const client = clients.get(clientId ?? '')
      const isAgent = client?.kind === 'public' && client.agent === true
      // The time of the sign-in (RFC 9470 section 6.1). A refreshed token has the time of the original sign-in.
      const { authTime } = entities.AuthorizationCode ?? entities.RefreshToken ?? {}
      return {
        ...(isAgent && { act: { sub: client.id, client_id: client.id } }),
        ...(authTime !== undefined && { auth_time: authTime }),
      }
    },
    findAccount(_context, id) {
      const user = users.get(id)
      // If this function returns nothing, oidc-provider 9.13.3 fails with a TypeError and status 500.
      if (user === undefined) throw new errors.AccessDenied('The user does not exist')
      return toAccount(user)
    },
    responseTypes: ['code'],
    renderError(context, { error, error_description: description }) {
      context.type = 'text/plain'
      context.body = `${error}: ${description ?? 'no description'}\n`
    },
    ttl: {
      AccessToken: (_context, token) => token.resourceServer?.accessTokenTTL ?? HOUR,
      ClientCredentials: (_context, token) => token.resourceServer?.accessTokenTTL ?? HOUR,
      Grant: DAY,
      IdToken: HOUR,
      Interaction: HOUR,
      RefreshToken: DAY,
      Session: DAY,
    },
  }
}

/** Describes an API with the scopes that the client can get. If a client requests other scopes, the token does not contain them. */
function toResourceServer(resource: Resource, client: Client | undefined): ResourceServer {
  const allowed = new Set(client?.scopes ?? resource.scopes)
  const common = {
    audience: resource.identifier,
    scope: resource.scopes.filter((scope) => allowed.has(scope)).join(' '),
    accessTokenTTL: client?.lifetime ?? resource.lifetime ?? HOUR,
  }
  if (resource.format === 'opaque') return { ...common, accessTokenFormat: 'opaque' }
  const alg = resource.algorithm ?? 'RS256'
  return { ...common, accessTokenFormat: 'jwt', jwt: { sign: { alg } } }
}

function toClientMetadata(client: Client, alg: SigningAlgorithm): ClientMetadata {
  const common = {
    client_id: client.id,
    id_token_signed_response_alg: alg,
    introspection_signed_response_alg: alg,
  }
  if (client.kind === 'public') {
    return {
      ...common,
      // Only a native client may have a loopback redirect URI with http (RFC 8252).
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [REDIRECT_URI],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    }
  }
  return {
    ...common,
    client_secret: client.secret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  }
}

function toAccount({ id, name }: User): Account {
  return { accountId: id, claims: () => ({ sub: id, ...(name !== undefined && { name }) }) }
}
