/** Options that are valid and probably wrong. The resource server starts and publishes a `configuration_warning`. */
import { type BearwardEvent, createResourceServer, type RefusalBody } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../support/issuer.ts'
import { requestWith } from '../support/requests.ts'

const issuer = createTestIssuer()

/** Creates a resource server. Returns it with the warnings that it publishes. */
function start(options: Record<string, unknown>) {
  const warnings: BearwardEvent[] = []
  const server = createResourceServer({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: issuer.jwks,
    ...options,
    onEvent: (event) => event.type === 'configuration_warning' && warnings.push(event),
  })
  return { server, warnings }
}

describe('configuration_warning', () => {
  it.each(['permissions', 'roles', 'groups', 'authorities'])(
    'createResourceServer warns about scopeClaim %s only if scopeFormat is missing',
    (scopeClaim) => {
      expect(start({ scopeClaim }).warnings).toEqual([
        {
          type: 'configuration_warning',
          issuer: ISSUER,
          option: 'scopeFormat',
          advice: `Most providers issue ${scopeClaim} as an array. If your provider issues an array, set scopeFormat: 'array'. Otherwise set scopeFormat: 'string'.`,
        },
      ])
      for (const scopeFormat of ['string', 'array']) {
        expect(start({ scopeClaim, scopeFormat }).warnings).toEqual([])
      }
    },
  )

  it('createResourceServer warns about an audience for Cognito, and not about audience: null', () => {
    const cognito = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc'
    expect(start({ issuer: cognito }).warnings).toMatchObject([
      {
        issuer: cognito,
        option: 'audience',
        advice: expect.stringContaining('unless the client requests a resource') as string,
      },
    ])
    expect(start({ issuer: cognito, audience: null, allowedClients: ['a'] }).warnings).toEqual([])
  })

  it('a resource server warns once about each member without effect in the results of errorBody', () => {
    const results: unknown[] = [
      undefined,
      { body: 'no', contentType: 'text/plain' },
      { body: 'no', status: 404 },
      { body: 'no', status: 404, headers: {}, [`${'x'.repeat(100)}\n`]: 1 },
    ]
    let next = 0
    const { server, warnings } = start({ errorBody: () => results[next++ % 4] as RefusalBody })
    for (let i = 0; i < 12; i++) {
      expect(server.authorize(requestWith('opaque'))).toMatchObject({ status: 401 })
    }
    expect(warnings).toEqual(
      ['status', `headers, "${'x'.repeat(20)}"...`].map((names) => ({
        type: 'configuration_warning',
        issuer: undefined,
        option: 'errorBody',
        advice: `Its result has members without effect: ${names}. Return only body and contentType.`,
      })),
    )
  })

  it('a resource server does not warn about an errorBody that returns only a body', () => {
    const { server, warnings } = start({ errorBody: () => ({ body: { message: 'no' } }) })
    expect(server.authorize(requestWith('opaque'))).toMatchObject({ body: '{"message":"no"}' })
    expect(warnings).toEqual([])
  })
})

it('errorBody gets the request of the framework from authorize, and undefined from verify', async () => {
  const seen: unknown[] = []
  const errorBody = (_refusal: object, request: unknown) => void seen.push(request)
  const { server } = start({ errorBody })
  const raw = { path: '/reports' }
  await server.authorize({ ...requestWith('opaque'), raw })
  await server.verify('opaque')
  expect(seen).toEqual([raw, undefined])
})
