import { createBearward, toResponse } from '@bearward/fetch'
import { toResponse as toHonoResponse } from '@bearward/fetch/hono'
import { expect, it } from 'vitest'

const { authorize, requireToken } = createBearward({
  issuer: 'https://auth.example.com',
  audience: 'https://api.example.com',
  logger: false,
})

it('toResponse returns the same response for a refused outcome as a guard', async () => {
  const request = new Request('https://api.example.com/reports')
  const outcome = await authorize(request, { scope: 'read' })
  if (outcome.kind !== 'refused') throw new Error('The request was not refused.')
  const response = toResponse(outcome)
  const byGuard = (await requireToken({ scope: 'read' })(request)) as Response

  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toBe('Bearer realm="api", scope="read"')
  expect([...response.headers]).toEqual([...byGuard.headers])
  expect(await response.text()).toBe(await byGuard.text())
})

it('toResponse appends each value of a header, and leaves out the body of a 204', async () => {
  const headers = { Link: ['<a>', '<b>'], Vary: 'Origin' }
  const response = toResponse({ status: 204, headers, body: '' })
  expect([...response.headers]).toEqual([
    ['link', '<a>, <b>'],
    ['vary', 'Origin'],
  ])
  expect(response.body).toBeNull()
})

it('toResponse is the same function in @bearward/fetch/hono', () => {
  expect(toHonoResponse).toBe(toResponse)
})
