/** Types of `@bearward/mcp` for web-standard requests. Only `@bearward/fetch` is needed. See `core.test-d.ts`. */
import type { AccessToken } from '@bearward/core'
import { createBearward } from '@bearward/fetch'
import { createBearward as createSmall } from '@bearward/fetch/small'
import {
  type ApiKeyOptions,
  type AuthInfo,
  createMcpGuard,
  getAccessToken,
  type McpCall,
  type McpGuard,
  type McpGuardOptions,
  type OperationRequirements,
  toReadableRequest,
  type VerifierError,
} from '@bearward/mcp'

const issuer = 'https://as.example.com'
const resource = 'https://notes.example.com/mcp'

const bearward = createBearward({ issuer, resource })

const apiKeys: ApiKeyOptions = {
  header: 'X-Api-Key',
  verify: async (key) =>
    key === 'a' ? { subject: { kind: 'machine', id: 'cron' }, scopes: ['read'] } : undefined,
}

const admin: OperationRequirements = { scope: { any: ['admin', 'owner'] }, subject: 'user' }

const options: McpGuardOptions<Request> = {
  scope: 'notes:read',
  tools: {
    search: {},
    purge: admin,
    mine: { check: (token, request) => request.headers.get('x-owner') === token.subject.id },
  },
  prompts: { greet: { acr: 'mfa', maxAuthAge: 60 } },
  resources: { 'notes://a': { claims: [{ claim: 'tenant', equals: 'a' }] } },
  methods: { 'tools/list': 'anonymous', 'logging/setLevel': admin },
  unlisted: { prompts: 'floor' },
  apiKeys,
  origins: (origin) => origin.endsWith('.example.com'),
  cors: { headers: ['Mcp-Param-Region'] },
  bodyLimit: 1000,
  legacy: 'refuse',
  exposeToken: true,
  endStreamsAtExpiry: true,
}

export const guards: readonly McpGuard[] = [
  createMcpGuard(bearward, {}),
  createMcpGuard(bearward, options),
  createMcpGuard(bearward, { check: (_token, request) => request.method === 'POST' }),
  createMcpGuard(bearward, {
    tools: { a: { check: async (_token, request) => request.url !== '' } },
    methods: { b: { check: (_token, { headers }) => headers.has('c') } },
  }),
  createMcpGuard({ ...bearward }, { origins: ['https://app.example.com'], cors: true }),
  createMcpGuard(createSmall({ issuer, resource }), { unlisted: 'refuse' }),
]

const mcp = createMcpGuard(bearward, options)

/** A handler of an SDK, with its options. */
type SdkHandler = (
  request: Request,
  options?: { authInfo?: AuthInfo; parsedBody?: unknown },
) => Promise<Response>
declare const handler: SdkHandler

export const handlers: readonly ((request: Request) => Promise<Response>)[] = [
  mcp.protect(() => new Response()),
  mcp.protect((request, call) => handler(request, call)),
  mcp.protect(handler),
  mcp.protect((request, { parsedBody }) => handler(toReadableRequest(request, parsedBody))),
  mcp.protect((_request, call: McpCall) => {
    const token: AccessToken | undefined = call.token
    // @ts-expect-error: the caller may be anonymous
    const clientId = call.authInfo.clientId
    return Response.json([token?.issuer, clientId])
  }),
]

/** A handler can take more arguments, such as the environment of a Worker. */
export const worker = {
  fetch: mcp.protect((_request, _call, env: { readonly region: string }) =>
    Response.json(env.region),
  ),
}

export async function useTools(info: AuthInfo, token: AccessToken): Promise<void> {
  const may: boolean = mcp.may(info, 'tool', 'purge') || mcp.may(token, 'resource', 'notes://a')
  const created: AuthInfo = await mcp.authInfo(token, 'presented')
  const found: AccessToken = getAccessToken(created)
  const tenant: unknown = created.extra.claims['tenant']
  const verifier = mcp.verifier(({ code, message }: VerifierError) => new Error(code + message))
  const verified: AuthInfo = await verifier.verifyAccessToken('presented')
  // @ts-expect-error: the kind does not exist
  mcp.may(info, 'template', 'notes://{id}')
  // @ts-expect-error: the function returns a text, not an error
  mcp.verifier(({ message }) => message)
  mcp.may(undefined, 'prompt', JSON.stringify([may, found.issuer, tenant, verified.token]))
}

export function guardsThatMustNotCompile(): void {
  // @ts-expect-error: the options are missing
  createMcpGuard(bearward)
  // @ts-expect-error: the first argument is the result of createBearward
  createMcpGuard({ issuer, resource }, {})
  // @ts-expect-error: the option does not exist
  createMcpGuard(bearward, { tool: {} })
  // @ts-expect-error: only the option methods can allow anonymous callers
  createMcpGuard(bearward, { optional: true })
  // @ts-expect-error: a tool always needs a token
  createMcpGuard(bearward, { tools: { search: { optional: true } } })
  // @ts-expect-error: a tool always needs a token
  createMcpGuard(bearward, { tools: { search: 'anonymous' } })
  // @ts-expect-error: the requirement does not exist
  createMcpGuard(bearward, { tools: { purge: { scopes: 'admin' } } })
  // @ts-expect-error: a scope is a text or a list of texts
  createMcpGuard(bearward, { resources: { 'notes://a': { scope: 7 } } })
  // @ts-expect-error: the value does not exist
  createMcpGuard(bearward, { unlisted: 'allow' })
  // @ts-expect-error: the kind does not exist
  createMcpGuard(bearward, { unlisted: { tool: 'floor' } })
  // @ts-expect-error: the text * is not allowed
  createMcpGuard(bearward, { origins: '*' })
  // @ts-expect-error: origins are an option of the guard
  createMcpGuard(bearward, { cors: { origins: ['https://app.example.com'] } })
  // @ts-expect-error: verify is missing
  createMcpGuard(bearward, { apiKeys: { header: 'X-Api-Key' } })
  // @ts-expect-error: the owner of a key has no member scope
  createMcpGuard(bearward, { apiKeys: { prefix: 'sk_', verify: () => ({ scope: 'read' }) } })
  // @ts-expect-error: check returns neither true nor false
  createMcpGuard(bearward, { tools: { a: { check: (token) => token.clientId } } })
  // @ts-expect-error: the request is a web Request
  createMcpGuard(bearward, { check: (_token, request) => request.params === undefined })
  // @ts-expect-error: a handler returns a response
  mcp.protect(() => 'ok')
  // @ts-expect-error: the environment is missing
  void worker.fetch(new Request(resource))
}
