import { createBearward } from '@bearward/fetch'
import { createBearward as createHonoBearward } from '@bearward/fetch/hono'
import { Hono } from 'hono'
import { expect, it } from 'vitest'

const OPTIONS = {
  issuer: 'https://auth.example.com',
  audience: 'https://api.example.com',
  logger: false,
  fetch: () => Promise.reject(new Error('The issuer is unreachable.')),
} as const

const { protect, cors, authorize, verify } = createBearward(OPTIONS)

/** A token that can only be verified with keys. The fetch of the keys is work for `waitUntil`. */
const TOKEN = [{ alg: 'ES256' }, { iss: 'https://auth.example.com' }, {}]
  .map((part) => btoa(JSON.stringify(part)).replaceAll('=', ''))
  .join('.')
const request = () =>
  new Request('https://localhost/', { headers: { authorization: `Bearer ${TOKEN}` } })

it('protect accepts a context even if the handler does not take it, and calls waitUntil of the context', async () => {
  const handler = protect({ scope: 'read' }, () => new Response())
  const waited: unknown[] = []
  const context = { waitUntil: (promise: Promise<unknown>) => void waited.push(promise) }
  const { status } = await handler(request(), 'other', context)
  expect(status).toBeGreaterThanOrEqual(400)
  const withCors = cors({ origins: '*' }, handler)
  expect((await withCors(new Request('https://localhost/'), 'other', context)).status).toBe(401)
  expect(waited.length).toBeGreaterThan(0)
})

it('protect requires the arguments that the handler takes', async () => {
  const handler = protect({ optional: true }, (_request, { token }, id: string) =>
    Response.json([token?.clientId ?? 'none', id]),
  )
  const anonymous = new Request('https://localhost/')
  expect(await (await handler(anonymous, '7')).json()).toEqual(['none', '7'])
  expect((await handler(anonymous, '7', { waitUntil: () => {} })).status).toBe(200)
  // @ts-expect-error: the argument `id` is missing
  void handler(anonymous)
  // @ts-expect-error: a number is not an id
  void handler(anonymous, 7)
})

it('authorize and verify accept a context after their arguments, and call waitUntil of the context', async () => {
  const waited: unknown[] = []
  const context = { waitUntil: (promise: Promise<unknown>) => void waited.push(promise) }
  expect((await authorize(request(), {}, context)).kind).toBe('refused')
  expect(waited).toHaveLength(1)
  expect((await verify(TOKEN, context)).kind).toBe('refused')
  expect(waited).toHaveLength(2)
  expect((await verify(TOKEN, { request: request() }, context)).kind).toBe('refused')
  expect(waited).toHaveLength(3)
  expect(await Promise.all(waited)).toEqual([undefined, undefined, undefined])
})

it('authorize and verify accept undefined instead of a context, and ignore a waitUntil that throws', async () => {
  const failing = {
    waitUntil() {
      throw new Error('The request has ended.')
    },
  }
  for (const context of [undefined, failing]) {
    expect((await authorize(request(), {}, context)).kind).toBe('refused')
    expect((await verify(TOKEN, context)).kind).toBe('refused')
    expect((await verify(TOKEN, { request: request() }, context)).kind).toBe('refused')
  }
})

it('verify rejects an object that is neither a context nor { request }', async () => {
  await expect(verify(TOKEN, { requests: request() } as never)).rejects.toThrow()
})

it('authorize rejects a second object with requirements, and a context instead of requirements', async () => {
  const context = { waitUntil: () => {} }
  for (const given of [
    [{ scope: 'read' }, { subject: 'machine' }],
    [undefined],
    [undefined, context],
    [context],
    [{}, context, context],
  ]) {
    const call = authorize as (...given: unknown[]) => Promise<unknown>
    await expect(call(request(), ...given)).rejects.toThrow('The requirements of a guard are wrong')
  }
})

it('authorize of Hono calls waitUntil of executionCtx, and verify calls waitUntil of the context in its arguments', async () => {
  const hono = createHonoBearward(OPTIONS)
  const waited: unknown[] = []
  const context = { waitUntil: (promise: Promise<unknown>) => void waited.push(promise) }
  const app = new Hono()
  app.get('/', async (c) => c.text((await hono.authorize(c)).kind))
  app.get('/verify', async (c) => c.text((await hono.verify(TOKEN, c.executionCtx)).kind))
  const { headers } = request()
  for (const path of ['/', '/verify']) {
    const platform = { ...context, passThroughOnException: () => {}, props: {} }
    expect(await (await app.request(path, { headers }, {}, platform as never)).text()).toBe(
      'refused',
    )
  }
  expect(waited).toHaveLength(2)
  // Without a platform, `authorize` decides in the same way.
  expect(await (await app.request('/', { headers })).text()).toBe('refused')
})
