import { createServer as createHttpServer } from 'node:http'
import { createBearward } from '@bearward/fetch'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { type AccessToken, ConfigurationError, type ResourceServerOptions } from '@bearward/core'
import { getGuardParts, toApiKeyToken } from '@bearward/core/internal-guards'
import { closing } from '../../../test/support/closing.ts'
import { fakeClock } from '../../../test/support/fake-clock.ts'
import { introspectionServer } from '../../../test/support/introspection-server.ts'
import { createTestIssuer, ISSUER } from '../../../test/support/issuer.ts'
import {
  InsufficientScopeError,
  InvalidTokenError,
  OAuthError,
  OAuthErrorCode,
  requireBearerAuthV1,
  requireBearerAuthV2,
  verifyBearerToken,
} from '../../../test/support/mcp-sdks.ts'
import { boundTo, generateProofKey, hashText } from '../../../test/support/proofs.ts'
import { bearer } from '../../../test/support/requests.ts'
import { noteSecret } from '../../../test/support/secrets.ts'
import { listen } from '../../../test/support/servers.ts'
import { getProblemsOf } from '../../core/test/support/get-problems.ts'
import { createAuthInfo } from '../src/auth-info.ts'
import { createMcpGuard } from '../src/index.ts'
import type { VerifierError } from '../src/guard-functions.ts'
import type { McpGuardOptions } from '../src/options.ts'
import { RESOURCE } from './setup.ts'

const clock = fakeClock()
const issuer = createTestIssuer({ audience: RESOURCE, now: clock.seconds })

/** Creates a guard and its Bearward. */
function create(options: McpGuardOptions<Request>, changes: object = {}) {
  const all = {
    issuer: ISSUER,
    jwks: issuer.jwks,
    resource: RESOURCE,
    machineSubject: 'client_id',
    clock,
    logger: false,
    ...changes,
  }
  const set = Object.entries(all).filter(([, value]) => value !== undefined)
  const bearward = createBearward(Object.fromEntries(set) as unknown as ResourceServerOptions)
  closing({ close: async () => bearward.close() })
  return { bearward, mcp: createMcpGuard(bearward, options) }
}

type Created = ReturnType<typeof create>

/** Verifies a token with these claims. */
async function verify({ bearward }: Created, claims: object = {}, from = issuer) {
  const outcome = await bearward.verify(from.token({ claims: { ...claims } }))
  if (outcome.kind !== 'granted') throw new TypeError(outcome.reason)
  return outcome.token
}

describe('may', () => {
  const created = create({
    scope: 'read',
    tools: {
      list: {},
      purge: { scope: 'admin' },
      mail: { subject: 'user' },
      pay: { acr: 'mfa' },
      mine: { check: () => false },
    },
    prompts: { greet: { scope: 'greet' } },
    resources: { 'file:///notes': { scope: 'notes' } },
    methods: { 'prompts/get': { scope: 'prompts' } },
  })
  const { may } = created.mcp

  it.each<[expected: boolean, claims: object, kind: 'tool' | 'prompt' | 'resource', name: string]>([
    [true, { scope: 'read' }, 'tool', 'list'],
    [false, { scope: 'other' }, 'tool', 'list'],
    [false, { scope: 'read' }, 'tool', 'purge'],
    [true, { scope: 'read admin' }, 'tool', 'purge'],
    [false, { scope: 'admin' }, 'tool', 'purge'],
    [false, { scope: 'read' }, 'tool', 'mail'],
    [true, { scope: 'read', sub: 'alice' }, 'tool', 'mail'],
    [false, { scope: 'read', sub: 'alice' }, 'tool', 'pay'],
    [true, { scope: 'read', sub: 'alice', acr: 'mfa' }, 'tool', 'pay'],
    // The check of the application is called only if the tool is used.
    [true, { scope: 'read' }, 'tool', 'mine'],
    [false, { scope: 'read' }, 'tool', 'unknown'],
    [false, { scope: 'read' }, 'tool', 'greet'],
    [false, { scope: 'read greet' }, 'prompt', 'greet'],
    [true, { scope: 'read greet prompts' }, 'prompt', 'greet'],
    [false, { scope: 'read' }, 'resource', 'file:///notes'],
    [true, { scope: 'read notes' }, 'resource', 'file:///notes'],
    [true, { scope: 'read notes' }, 'resource', 'FILE:///x/../notes'],
    [false, { scope: 'read notes' }, 'resource', 'file:///other'],
  ])('mcp.may returns %s for the claims %j and the %s %s', async (expected, claims, kind, name) => {
    const token = await verify(created, claims)
    expect(may(token, kind, name)).toBe(expected)
    expect(may(createAuthInfo(token, 'shown', getGuardParts(created.bearward)!), kind, name)).toBe(
      expected,
    )
  })

  it('mcp.may reads the scopes of a copied token from the copy, even if the copy has the function hasScope of the original token', async () => {
    const names = ['read', ...Array.from({ length: 10 }, (_, i) => `scope${i}`), 'admin']
    const token = await verify(created, { scope: names.join(' ') })
    expect(may(token, 'tool', 'purge')).toBe(true)
    const scopes = names.slice(0, -1)
    expect(may({ ...token, scopes }, 'tool', 'purge')).toBe(false)
    expect(may({ ...token, scopes: Object.freeze(scopes) }, 'tool', 'purge')).toBe(false)
    expect(may(JSON.parse(JSON.stringify(token)) as AccessToken, 'tool', 'purge')).toBe(true)
  })

  it('mcp.may returns false for an anonymous caller', () => {
    const open = create({ methods: { 'tools/list': 'anonymous' } })
    expect(open.mcp.may(undefined, 'tool', 'list')).toBe(false)
    expect(may(undefined, 'tool', 'list')).toBe(false)
  })

  it('mcp.may returns true for unlisted operations only with unlisted: floor', async () => {
    const open = create({ scope: 'read', tools: { purge: { scope: 'admin' } }, unlisted: 'floor' })
    const token = await verify(open)
    for (const kind of ['tool', 'prompt', 'resource'] as const)
      expect(open.mcp.may(token, kind, 'other')).toBe(true)
    expect(open.mcp.may(token, 'tool', 'purge')).toBe(false)
  })

  it('mcp.may returns whether the owner of an API key may use an operation', () => {
    const key = (scopes: readonly string[]) =>
      toApiKeyToken({ scopes, subject: { kind: 'machine', id: 'cron' }, claims: { acr: 'mfa' } })
    expect(may(key(['read']), 'tool', 'list')).toBe(true)
    expect(may(key([]), 'tool', 'list')).toBe(false)
    expect(may(key(['read']), 'tool', 'purge')).toBe(false)
    expect(may(key(['read', 'admin']), 'tool', 'purge')).toBe(true)
    // Only an issuer can state how a user has authenticated.
    expect(may(key(['read']), 'tool', 'pay')).toBe(false)
  })

  it('mcp.may returns false for a token of an issuer that the server does not trust', async () => {
    const other = createTestIssuer({
      issuer: 'https://other.example.com',
      audience: RESOURCE,
      now: clock.seconds,
    })
    const trusting = create({ scope: 'read' }, { issuer: other.issuer, jwks: other.jwks })
    const token = await verify(trusting, {}, other)
    expect(trusting.mcp.may(token, 'tool', 'list')).toBe(true)
    expect(may(token, 'tool', 'list')).toBe(false)
  })

  it('mcp.may returns false for a token of an issuer that was removed', async () => {
    const tenant = createTestIssuer({
      issuer: 'https://tenant.example.com',
      audience: RESOURCE,
      now: clock.seconds,
    })
    const dynamic = create(
      { scope: 'read' },
      {
        issuer: undefined,
        jwks: undefined,
        machineSubject: undefined,
        issuers: {
          match: (name: string) => name === tenant.issuer,
          resolve: (name: string) => ({ issuer: name, audience: RESOURCE, jwks: tenant.jwks }),
        },
      },
    )
    const token = await verify(dynamic, {}, tenant)
    expect(dynamic.mcp.may(token, 'tool', 'list')).toBe(true)
    dynamic.bearward.forgetIssuer(tenant.issuer)
    expect(dynamic.mcp.may(token, 'tool', 'list')).toBe(false)
  })

  it('mcp.may throws a TypeError for a copy of an authInfo', async () => {
    const info = createAuthInfo(await verify(created), 'shown', getGuardParts(created.bearward)!)
    expect(() => may({ ...info }, 'tool', 'list')).toThrow(TypeError)
  })
})

describe('authInfo', () => {
  it('mcp.authInfo returns an object with the hash of the token, or with the token itself if exposeToken is set', async () => {
    const presented = issuer.token()
    for (const [exposeToken, shown] of [
      [false, hashText(presented)],
      [true, presented],
    ] as const) {
      const created = create({ exposeToken })
      const token = await verify(created)
      const info = await created.mcp.authInfo(token, presented)
      expect(info).toMatchObject({ token: shown, resource: new URL(RESOURCE) })
      expect(created.mcp.may(info, 'tool', 'list')).toBe(true)
    }
  })
})

/** Functions that create the errors of each SDK. */
const TO_ERROR = {
  v1: ({ code, message }: VerifierError) =>
    code === 'invalid_token' ? new InvalidTokenError(message) : new InsufficientScopeError(message),
  v2: ({ code, message }: VerifierError) =>
    new OAuthError(
      code === 'invalid_token' ? OAuthErrorCode.InvalidToken : OAuthErrorCode.InsufficientScope,
      message,
    ),
}

/** Sends a token to `requireBearerAuth` of an SDK. Returns the status, the error code and the caller. */
const SENDERS = {
  async v1({ mcp }: Created, token: string) {
    const app = express()
    app.use(requireBearerAuthV1({ verifier: mcp.verifier(TO_ERROR.v1) }), (request, response) => {
      response.json(request.auth)
    })
    const server = closing(await listen(createHttpServer(app)))
    return describeResponse(await fetch(server.url, bearer(token)))
  },
  async v2({ mcp }: Created, token: string) {
    const gate = requireBearerAuthV2({ verifier: mcp.verifier(TO_ERROR.v2) })
    const result = await gate(new Request(RESOURCE, bearer(token)))
    return describeResponse(result instanceof Response ? result : Response.json(result))
  },
}

async function describeResponse(response: Response) {
  const { error, ...caller } = (await response.json()) as { error?: string }
  const challenge = response.headers.get('www-authenticate')
  return { status: response.status, error, caller, hasChallenge: challenge !== null }
}

const OPAQUE = 'an-opaque-access-token'
noteSecret(OPAQUE)

describe.each(['v1', 'v2'] as const)('verifier with requireBearerAuth of SDK %s', (version) => {
  const send = SENDERS[version]
  const created = create({ scope: 'read', tools: { purge: { scope: 'admin' } } })

  it('mcp.verifier accepts a valid token, and the handler gets the authInfo of this token', async () => {
    const token = issuer.token({ claims: { scope: 'read write', exp: 2 ** 40 } })
    const { status, caller } = await send(created, token)
    expect(status).toBe(200)
    expect(caller).toMatchObject({
      token: hashText(token),
      clientId: 'reports-cron',
      scopes: ['read', 'write'],
      expiresAt: 2 ** 40,
      resource: RESOURCE,
    })
  })

  it('mcp.verifier rejects invalid, expired and malformed tokens, and the client gets 401 invalid_token with a challenge', async () => {
    const other = createTestIssuer({ audience: RESOURCE, now: clock.seconds })
    for (const token of [
      other.token(),
      issuer.token({ claims: { exp: 1 } }),
      issuer.token({ claims: { aud: 'https://other.example.com' } }),
      'a.b.c',
    ]) {
      expect(await send(created, token)).toMatchObject({
        status: 401,
        error: 'invalid_token',
        hasChallenge: true,
      })
    }
  })

  it('mcp.verifier rejects a token that does not meet the requirements of the guard, and the client gets 403 insufficient_scope', async () => {
    const refused = { status: 403, error: 'insufficient_scope', hasChallenge: true }
    expect(await send(created, issuer.token({ claims: { scope: 'admin' } }))).toMatchObject(refused)
    const users = create({ subject: 'user' })
    expect(await send(users, issuer.token())).toMatchObject(refused)
  })

  it('mcp.verifier rejects a bound token, and the client gets 401, even if the server accepts proofs', async () => {
    const bound = issuer.token({ claims: { ...boundTo(generateProofKey()), exp: 2 ** 40 } })
    const dpop = {
      publicUrl: 'https://notes.example.com',
      dpop: { replay: { firstUse: async () => true } },
    }
    for (const each of [created, create({ scope: 'read' }, dpop)])
      expect(await send(each, bound)).toMatchObject({ status: 401, error: 'invalid_token' })
  })

  it('mcp.verifier accepts an opaque token without exp, because the authInfo gets a time of expiry', async () => {
    const answer = { active: true, aud: RESOURCE, client_id: 'web', scope: 'read' }
    const endpoint = closing(await introspectionServer(answer))
    const opaque = create(
      { scope: 'read' },
      {
        issuer: endpoint.url,
        jwks: undefined,
        machineSubject: undefined,
        clock: undefined,
        tokenFormat: 'opaque',
        introspection: {
          clientId: 'notes',
          clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret-of-notes' },
          maxAge: 30,
        },
      },
    )
    const before = Date.now() / 1000
    const { status, caller } = await send(opaque, OPAQUE)
    expect(status).toBe(200)
    const { expiresAt } = caller as { expiresAt: number }
    expect(expiresAt).toBeGreaterThanOrEqual(before + 30)
    expect(expiresAt).toBeLessThan(Date.now() / 1000 + 32)
  })

  it('mcp.verifier rejects every token while the issuer is unreachable, and the client gets 500 without a challenge', async () => {
    const fail = () => Promise.reject(new Error('The issuer is unreachable.'))
    const outage = create({ scope: 'read' }, { jwks: undefined, fetch: fail })
    expect(await send(outage, issuer.token())).toMatchObject({ status: 500, hasChallenge: false })
  })
})

describe('verifier', () => {
  const created = create({ scope: 'read' })

  it('verifyBearerToken of SDK v2 accepts the option resource as expectedResource', async () => {
    const verifier = created.mcp.verifier(TO_ERROR.v2)
    const token = issuer.token({ claims: { exp: 2 ** 40 } })
    const { authorization } = bearer(token).headers
    const accepts = (expectedResource: string) =>
      verifyBearerToken(authorization, { verifier, expectedResource: new URL(expectedResource) })
    expect(await accepts(RESOURCE)).toMatchObject({ scopes: ['read'] })
    await expect(accepts('https://other.example.com')).rejects.toMatchObject({
      code: 'invalid_token',
    })
  })

  it('verifyAccessToken rejects with the error that toError returns', async () => {
    const seen: VerifierError[] = []
    const failure = new Error('own')
    const { verifyAccessToken } = created.mcp.verifier((error) => {
      seen.push(error)
      return failure
    })
    await expect(verifyAccessToken('a.b.c')).rejects.toBe(failure)
    await expect(verifyAccessToken(issuer.token({ claims: { scope: 'x' } }))).rejects.toBe(failure)
    expect(seen).toEqual([
      { code: 'invalid_token', message: 'The access token is not valid.' },
      {
        code: 'insufficient_scope',
        message: 'The access token does not meet the requirements.',
      },
    ])
  })

  it('mcp.may accepts the authInfo that verifyAccessToken returns', async () => {
    const { mcp } = created
    const { verifyAccessToken } = mcp.verifier(TO_ERROR.v1)
    const info = await verifyAccessToken(issuer.token())
    expect(mcp.may(info, 'tool', 'list')).toBe(true)
  })

  it('mcp.verifier reports requirements that need the request, and a wrong argument', () => {
    const problems = (options: McpGuardOptions<Request>, toError: unknown) =>
      getProblemsOf(() => create(options, introspected).mcp.verifier(toError as never))
    const introspected = {
      introspection: {
        clientId: 'notes',
        clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret-of-notes' },
        endpoint: 'https://as.example.com/introspect',
      },
    }
    const check = 'A verifier cannot call check: use the guard instead.'
    const introspect = 'A verifier cannot use introspect: use the guard instead.'
    const argument = 'Pass a function that creates an error of the SDK from { code, message }.'
    const { v1 } = TO_ERROR
    expect(problems({ scope: 'read' }, v1)).toEqual([])
    expect(problems({ check: () => true }, v1)).toEqual([check])
    expect(problems({ introspect: true }, v1)).toEqual([introspect])
    expect(problems({ tools: { list: { check: () => true, introspect: true } } }, v1)).toEqual([])
    for (const wrong of [undefined, null, InvalidTokenError.prototype, 'v1'])
      expect(problems({}, wrong)).toEqual([argument])
    expect(problems({ check: () => true, introspect: true }, 7)).toEqual([
      argument,
      check,
      introspect,
    ])
    expect(() => created.mcp.verifier(undefined as never)).toThrow(ConfigurationError)
  })
})
