import { describe, expect, it } from 'vitest'
import { ConfigurationError, createResourceServer } from '@bearward/core'
import { defineAdapter } from '@bearward/core/adapter'
import { createBearward as createExpress } from '@bearward/express'
import { createBearward as createFastify } from '@bearward/fastify'
import { createBearward as createFetch } from '@bearward/fetch'
import { createBearward as createHono } from '@bearward/fetch/hono'
import { createBearward as createKoa } from '@bearward/koa'
import { createMcpGuard as forExpress } from '../src/express.ts'
import { createMcpGuard as forFastify } from '../src/fastify.ts'
import { createMcpGuard as forHono } from '../src/hono.ts'
import { createMcpGuard as forFetch } from '../src/index.ts'
import { createMcpGuard as forKoa } from '../src/koa.ts'
import { issuer, RESOURCE } from './setup.ts'

type Create = (bearward: unknown, options: unknown) => unknown

const OPTIONS = {
  issuer: issuer.issuer,
  jwks: issuer.jwks,
  resource: RESOURCE,
  logger: false,
} as const

/** The functions of each framework, and the names of their modules. */
const FRAMEWORKS = [
  {
    guard: '@bearward/mcp/express',
    adapter: '@bearward/express',
    createGuard: forExpress as Create,
    bearward: createExpress(OPTIONS),
  },
  {
    guard: '@bearward/mcp/fastify',
    adapter: '@bearward/fastify',
    createGuard: forFastify as Create,
    bearward: createFastify(OPTIONS),
  },
  {
    guard: '@bearward/mcp',
    adapter: '@bearward/fetch',
    createGuard: forFetch as Create,
    bearward: createFetch(OPTIONS),
  },
  {
    guard: '@bearward/mcp/hono',
    adapter: '@bearward/fetch/hono',
    createGuard: forHono as Create,
    bearward: createHono(OPTIONS),
  },
  {
    guard: '@bearward/mcp/koa',
    adapter: '@bearward/koa',
    createGuard: forKoa as Create,
    bearward: createKoa(OPTIONS),
  },
]

/** Returns the problem of a call of `createMcpGuard`, or `undefined` if it succeeds. */
function problemOf(createGuard: Create, bearward: unknown): string | undefined {
  try {
    createGuard(bearward, {})
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    const { message, problems } = error as ConfigurationError
    expect(message).toContain('createMcpGuard was called with a wrong first argument')
    expect(problems).toHaveLength(1)
    return problems[0]
  }
  return undefined
}

/** Calls `createBearward` of an adapter that the application defines. */
const createCustom = (framework?: string) =>
  defineAdapter<[object], undefined>({
    ...(framework !== undefined && { framework }),
    toRequest: () => ({ method: 'GET', url: '/', headers: {} }),
    grant() {},
    proceed() {},
    setHeaders() {},
    respond() {},
    fail() {},
    environment: {},
  }).createBearward(OPTIONS)

describe('createMcpGuard', () => {
  it.each(FRAMEWORKS)(
    'createMcpGuard of $guard accepts the result of createBearward of $adapter, and copies of it',
    ({ createGuard, bearward }) => {
      expect(problemOf(createGuard, bearward)).toBeUndefined()
      expect(problemOf(createGuard, { ...bearward })).toBeUndefined()
      expect(problemOf(createGuard, { ...bearward, requireToken: undefined })).toBeUndefined()
    },
  )

  it.each(FRAMEWORKS)(
    'createMcpGuard of $guard names the right module if it gets the result of another createBearward',
    ({ createGuard, adapter, guard }) => {
      for (const other of FRAMEWORKS.filter((one) => one.guard !== guard)) {
        expect(problemOf(createGuard, other.bearward)).toBe(
          `This createMcpGuard is for ${adapter}. For ${other.adapter}, import it from ${other.guard}.`,
        )
      }
    },
  )

  it.each(FRAMEWORKS)(
    'createMcpGuard of $guard names the right createBearward for any other first argument',
    ({ createGuard, adapter, bearward }) => {
      const expected = `Pass the result of createBearward from ${adapter}.`
      for (const other of [
        undefined,
        null,
        'bearward',
        {},
        OPTIONS,
        createResourceServer(OPTIONS),
        createExpress,
        { ...bearward, close: () => {} },
        createCustom(),
        createCustom('hapi'),
        createCustom('__proto__'),
      ])
        expect(problemOf(createGuard, other)).toBe(expected)
    },
  )

  it('createMcpGuard throws an error that says that the options are wrong or missing', () => {
    for (const { createGuard, bearward } of FRAMEWORKS) {
      expect(() => createGuard(bearward, { tool: {} })).toThrow(
        'The options of createMcpGuard are wrong',
      )
      expect(() => createGuard(bearward, undefined)).toThrow('The options are missing')
    }
  })
})
