/** What the compiler has to know of the client. See `core.test-d.ts`. */
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

export const good: readonly ClientCredentialsOptions[] = [
  { issuer, ...common },
  { tokenEndpoint: `${issuer}/token`, ...common, scope: ['read', 'write'] },
  { issuer, tokenEndpoint: `${issuer}/token`, ...common, resource: 'https://api.example.com' },
  { issuer, clientId, clientAuthentication: { method: 'tls_client_auth' }, fetch },
  {
    issuer,
    clientId,
    clientAuthentication: { method: 'client_secret_post', secret: async () => 'a secret' },
    resourceFetch: fetch,
  },
  // A variable of the environment may be missing, which is found out when it is used.
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

export function optionsThatMustNotCompile(): void {
  // @ts-expect-error: no server
  clientCredentials(common)
  // @ts-expect-error: no client authentication
  clientCredentials({ issuer, clientId })
  // @ts-expect-error: no secret
  clientCredentials({ issuer, clientId, clientAuthentication: { method: 'client_secret_basic' } })
  // @ts-expect-error: a name that does not exist
  clientCredentials({ issuer, ...common, scopes: 'read' })
  // @ts-expect-error: a scope that is undefined is a mistake
  clientCredentials({ issuer, ...common, scope: undefined })
  // @ts-expect-error: one origin is an array, too
  clientCredentials({ issuer, ...common, allowedOrigins: 'https://api.example.com' })
}

export async function use(source: TokenSource): Promise<string> {
  const token: Token = await source.getToken({ scope: 'read', signal: AbortSignal.timeout(1) })
  // @ts-expect-error: a token is shared, so nobody changes it
  token.value = 'another'
  // @ts-expect-error: nor what is in it
  token.scopes.push('admin')
  // @ts-expect-error: there may be no end
  const end: number = token.expiresAt
  const isWorthIt: boolean = source.invalidate(token)
  const response = await source.fetch('https://api.example.com', { method: 'POST' }, {})
  return `${token.value} ${end} ${response.status} ${source.counters().cached} ${isWorthIt}`
}

/** A source that is made for a test fits, too. */
export const fake: Pick<TokenSource, 'getToken'> = {
  getToken: async () => ({
    value: 'a',
    type: 'Bearer',
    expiresAt: undefined,
    scopes: [],
    missingScopes: [],
  }),
}

export function codeOf(error: unknown): TokenErrorCode | undefined {
  if (!(error instanceof TokenError)) return undefined
  // @ts-expect-error: frameworks would take this for the status of their own answer
  void error.status
  // @ts-expect-error: the codes are a closed set
  if (error.code === 'bad_mood') return undefined
  return error.fault === 'configuration' ? error.code : undefined
}

export function tell(event: TokenEvent): string {
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
