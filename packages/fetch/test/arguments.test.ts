import { createBearward } from '@bearward/fetch'
import { expect, it } from 'vitest'

const { protect, cors } = createBearward({
  issuer: 'https://auth.example.com',
  audience: 'https://api.example.com',
  logger: false,
  fetch: () => Promise.reject(new Error('The issuer is unreachable.')),
})

it('protect accepts a context, also if the handler does not take it, and calls its waitUntil', async () => {
  const handler = protect({ scope: 'read' }, () => new Response())
  const waited: unknown[] = []
  const context = { waitUntil: (promise: Promise<unknown>) => void waited.push(promise) }
  // A token that needs keys is work for waitUntil.
  const token = [{ alg: 'ES256' }, { iss: 'https://auth.example.com' }, {}]
    .map((part) => btoa(JSON.stringify(part)).replaceAll('=', ''))
    .join('.')
  const headers = { authorization: `Bearer ${token}` }
  const { status } = await handler(new Request('https://localhost/', { headers }), 'other', context)
  expect(status).toBeGreaterThanOrEqual(400)
  const withCors = cors({ origins: '*' }, handler)
  expect((await withCors(new Request('https://localhost/'), 'other', context)).status).toBe(401)
  expect(waited.length).toBeGreaterThan(0)
})

it('protect requires the arguments that the handler takes', async () => {
  const handler = protect({ optional: true }, (_request, { token }, id: string) =>
    Response.json([token?.clientId ?? 'none', id]),
  )
  const request = new Request('https://localhost/')
  expect(await (await handler(request, '7')).json()).toEqual(['none', '7'])
  expect((await handler(request, '7', { waitUntil: () => {} })).status).toBe(200)
  // @ts-expect-error: the argument `id` is missing
  void handler(request)
  // @ts-expect-error: a number is not an id
  void handler(request, 7)
})
