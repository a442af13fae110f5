/** Types of the client. See `core.test-d.ts`. */
import {
  clientCredentials,
  type ClientCredentialsOptions,
  type Token,
  TokenError,
  type TokenErrorCode,
  type TokenEvent,
  type TokenSource,
} from '@bearward/client'

const issuer = 'https://as.example.com'
const clientId = 'orders'
const clientAuthentication = { method: 'client_secret_basic', secret: 'a secret' } as const
const common = { clientId, clientAuthentication }

export const validOptions: readonly ClientCredentialsOptions[] = [
  { issuer, ...common },
  { tokenEndpoint: `${issuer}/token`, ...common, scope: ['read', 'write'] },
  { issuer, tokenEndpoint: `${issuer}/token`, ...common, resource: 'https://api.example.com' },
  { issuer, clientId, clientAuthentication: { method: 'tls_client_auth' }, fetch },
  { issuer, ...common, dpop: true },
  { issuer, ...common, dpop: { key: keyPair, algorithm: 'PS256' } },
  { issuer, ...common, dpop: { key: { kty: 'EC', d: 'd', x: 'x', y: 'y' } } },
  {
    issuer,
    clientId,
    clientAuthentication: { method: 'client_secret_post', secret: async () => 'a secret' },
    resourceFetch: fetch,
  },
  // An environment variable may be undefined. The client reports this when it uses the value.
  {
    issuer,
    clientId,
    clientAuthentication: { method: 'client_secret_basic', secret: () => variable },
    parameters: { organization: 'acme' },
  },
  {
    issuer,
    clientId,
    clientAuthentication: { method: 'private_key_jwt', assertion: () => variable },
  },
]
declare const variable: string | undefined
declare const keyPair: CryptoKeyPair

export function optionsThatMustNotCompile(): void {
  // @ts-expect-error: neither an issuer nor a token endpoint
  clientCredentials(common)
  // @ts-expect-error: no client authentication
  clientCredentials({ issuer, clientId })
  // @ts-expect-error: no secret
  clientCredentials({ issuer, clientId, clientAuthentication: { method: 'client_secret_basic' } })
  // @ts-expect-error: an option that does not exist
  clientCredentials({ issuer, ...common, scopes: 'read' })
  // @ts-expect-error: a scope that is undefined is a mistake
  clientCredentials({ issuer, ...common, scope: undefined })
  // @ts-expect-error: bearer tokens are the default
  clientCredentials({ issuer, ...common, dpop: false })
  // @ts-expect-error: origins are always an array
  clientCredentials({ issuer, ...common, allowedOrigins: 'https://api.example.com' })
}

export async function use(source: TokenSource): Promise<string> {
  const token: Token = await source.getToken({ scope: 'read', signal: AbortSignal.timeout(1) })
  // @ts-expect-error: a token is shared and therefore read-only
  token.value = 'another'
  // @ts-expect-error: its members are read-only too
  token.scopes.push('admin')
  // @ts-expect-error: a token may have no expiry
  const expiresAt: number = token.expiresAt
  const canRetry: boolean = source.invalidate(token)
  // @ts-expect-error: a proof is for one URL
  await source.headers({ method: 'GET' })
  const headers = await source.headers({ url: 'https://api.example.com', nonce: variable })
  const authorization: string = headers.Authorization
  source.invalidate(authorization)
  await fetch('https://api.example.com', { headers })
  const response = await source.fetch('https://api.example.com', { method: 'POST' }, {})
  return `${token.value} ${expiresAt} ${response.status} ${source.counters().cached} ${canRetry}`
}

/** A token source that a test creates matches the type too. */
export const fake: Pick<TokenSource, 'getToken'> = {
  getToken: async () => ({
    value: 'a',
    type: 'Bearer',
    expiresAt: undefined,
    scopes: [],
    missingScopes: [],
  }),
}

export function getCode(error: unknown): TokenErrorCode | undefined {
  if (!(error instanceof TokenError)) return undefined
  // @ts-expect-error: a framework would use `status` as the status of its response
  void error.status
  // @ts-expect-error: the codes are a closed set
  if (error.code === 'unknown_code') return undefined
  return error.fault === 'configuration' ? error.code : undefined
}

export function describeEvent(event: TokenEvent): string {
  switch (event.type) {
    case 'token_issued':
    case 'token_renewed':
      return `${event.duration} ${event.missingScopes.join()}`
    case 'token_failed':
      return `${event.code} ${event.fault} ${event.covered}`
    case 'token_cached':
    case 'token_invalidated':
      return event.clientId
  }
}
