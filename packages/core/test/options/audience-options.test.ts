import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { createResourceServer, type BearwardEvent } from '../../src/index.ts'
import { getProblems } from '../support/get-problems.ts'

const clock = fakeClock(Date.parse('2027-01-31T12:00:00Z') / 1000)
const issuer = createTestIssuer({ now: clock.seconds })
const good = { issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks, clock }

const NO_AUDIENCE = {
  ...good,
  audience: null,
  allowedClients: ['reports-cron'],
  jwtProfile: 'rfc9068',
}

const introspection = {
  endpoint: `${ISSUER}/introspect`,
  clientId: 'api',
  clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret' },
}

function getWarnings(options: object): readonly BearwardEvent[] {
  const events: BearwardEvent[] = []
  const allowedClients = ['reports-cron']
  createResourceServer({
    ...good,
    allowedClients,
    ...options,
    onEvent: (event) => events.push(event),
  })
  return events
}

describe('the option audienceRequiredFrom', () => {
  it.each(['2027-02-01', '2027-12-31', '2028-01-31'])(
    'createResourceServer accepts the date %s without a warning',
    (audienceRequiredFrom) => {
      expect(getWarnings({ audienceRequiredFrom })).toEqual([])
    },
  )

  it('createResourceServer does not warn about dates while the clock is 0, as in Cloudflare Workers at module scope', () => {
    for (const audienceRequiredFrom of ['2020-01-01', '2999-01-01'])
      expect(getWarnings({ audienceRequiredFrom, clock: fakeClock(0) })).toEqual([])
  })

  it.each([
    '2027-1-1',
    '2027-2',
    '2027',
    '2027-02-30',
    '2027-02-29',
    '2027-13-01',
    '2027-00-10',
    '2027-02-00',
    '01.02.2027',
    '02/01/2027',
    '2027-02-01T00:00:00Z',
    '+002027-02-01',
    'tomorrow',
    '',
  ])('createResourceServer rejects the date %j', (audienceRequiredFrom) => {
    expect(getProblems({ ...good, audienceRequiredFrom })).toEqual([
      "audienceRequiredFrom must be a date such as '2027-02-01'.",
    ])
  })

  it.each([
    ['a boolean', true],
    ['1800000000', 1_800_000_000],
    ['null', null],
    ['an object', new Date('2027-02-01')],
    ['an array', ['2027-02-01']],
  ])(
    'createResourceServer rejects audienceRequiredFrom if its value is %s',
    (what, audienceRequiredFrom) => {
      expect(getProblems({ ...good, audienceRequiredFrom })).toEqual([
        expect.stringMatching(
          new RegExp(`^audienceRequiredFrom must be a date such as '2027-02-01', not ${what}`),
        ),
      ])
    },
  )

  it.each(['2027-01-31', '2027-01-30', '2020-02-29'])(
    'createResourceServer warns about the date %s, which has passed',
    (audienceRequiredFrom) => {
      expect(getWarnings({ audienceRequiredFrom })).toEqual([
        {
          type: 'configuration_warning',
          issuer: ISSUER,
          option: 'audienceRequiredFrom',
          advice: 'The date has passed, so tokens without aud are refused now. Remove the option.',
        },
      ])
    },
  )

  it('createResourceServer rejects onlyAudience and audienceRequiredFrom together with audience: null', () => {
    expect(getProblems({ ...NO_AUDIENCE, onlyAudience: true })).toEqual([
      'onlyAudience has no effect with audience: null: remove it.',
    ])
    expect(getProblems({ ...NO_AUDIENCE, audienceRequiredFrom: '2027-02-01' })).toEqual([
      'audienceRequiredFrom has no effect with audience: null: remove it.',
    ])
  })

  it('createResourceServer rejects audienceRequiredFrom together with introspection.audience: null', () => {
    expect(
      getProblems({
        ...good,
        tokenFormat: 'any',
        introspection: { ...introspection, audience: null },
        allowedClients: ['reports-cron'],
        tokenUse: { claim: 'use', value: 'access' },
        audienceRequiredFrom: '2027-02-01',
      }),
    ).toEqual([
      'audienceRequiredFrom cannot be combined with introspection.audience: null: remove one of them.',
    ])
  })
})

describe('tokens without audience', () => {
  const date = '2027-02-01'

  it.each(['2028-02-29', '9999-12-31'])(
    'createResourceServer warns about the date %s, which is more than a year ahead',
    (audienceRequiredFrom) => {
      expect(getWarnings({ audienceRequiredFrom })).toMatchObject([
        { advice: expect.stringContaining('more than a year ahead') as string },
      ])
    },
  )

  it('createResourceServer warns about audienceRequiredFrom if allowedClients, tokenUse and jwtProfile are not set', () => {
    const warnings = getWarnings({ audienceRequiredFrom: date, allowedClients: undefined })
    expect(warnings).toMatchObject([
      { advice: expect.stringContaining('Set allowedClients, tokenUse or jwtProfile') as string },
    ])
    const tokenUse = { claim: 'use', value: 'access' }
    for (const more of [{ tokenUse }, { jwtProfile: 'rfc9068' }])
      expect(
        getWarnings({ audienceRequiredFrom: date, allowedClients: undefined, ...more }),
      ).toEqual([])
  })

  it('createResourceServer rejects audienceRequiredFrom for introspected tokens if neither tokenUse nor a short maxTokenAge is set', () => {
    for (const tokenFormat of ['opaque', 'any']) {
      const options = { ...good, tokenFormat, introspection, audienceRequiredFrom: date }
      const jwks = tokenFormat === 'opaque' ? undefined : options.jwks
      expect(getProblems({ ...options, jwks })).toEqual([
        expect.stringContaining(
          'audienceRequiredFrom requires tokenUse, or a maxTokenAge',
        ) as string,
      ])
      expect(getProblems({ ...options, jwks, maxTokenAge: 3600 })).toEqual([])
    }
  })
})

describe('the option onlyAudience', () => {
  it.each([
    ['a string', 'true', 'a string'],
    ['null', null, 'null'],
    ['a number', 1, '1'],
  ])(
    'createResourceServer rejects onlyAudience if its value is %s',
    (_what, onlyAudience, found) => {
      expect(getProblems({ ...good, onlyAudience })).toEqual([
        `onlyAudience must be true or false, not ${found}.`,
      ])
    },
  )
})
