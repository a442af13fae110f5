import { type ContractCase, each } from '../contract-case.ts'
import { claiming, NOW, USUAL_CLAIMS } from '../fixture.ts'
import { invalidToken, ok } from '../outcomes.ts'

const invalid = invalidToken('invalid_claim')
const expired = invalidToken('expired')
const noTolerance = { configuration: 'clockTolerance 0' } as const
const maxTolerance = { configuration: 'clockTolerance 300' } as const
const maxAge600 = { configuration: 'maxTokenAge 600' } as const

/** Creates a token whose `exp` is the given JSON, which `JSON.stringify` would not write. */
const expiring = (json: string) =>
  claiming(JSON.stringify({ ...USUAL_CLAIMS, exp: 0 }).replace('"exp":0', `"exp":${json}`))

/** Cases for the times of a token (RFC 7519 sections 4.1.4 to 4.1.6), exact to the second. */
export const times: readonly ContractCase[] = [
  ...each(
    ['9068-09'],
    'accepts a token 1 s before exp without a clock tolerance',
    ok(),
    { 'exp in 1 s': claiming({ exp: NOW + 1 }) },
    noTolerance,
  ),
  ...each(
    ['9068-09'],
    'rejects a token at and after exp without a clock tolerance',
    expired,
    {
      'at exp': claiming({ exp: NOW }),
      'after exp': claiming({ exp: NOW - 1 }),
    },
    noTolerance,
  ),
  ...each(['9068-09'], 'accepts a token that expired less than 5 s ago', ok(), {
    '4 s after exp': claiming({ exp: NOW - 4 }),
  }),
  ...each(['9068-09'], 'rejects a token that expired 5 s ago', expired, {
    '5 s after exp': claiming({ exp: NOW - 5 }),
  }),
  ...each(
    [],
    'accepts an expired token within the configured tolerance',
    ok(),
    { '299 s after exp': claiming({ exp: NOW - 299 }) },
    maxTolerance,
  ),
  ...each(
    [],
    'rejects an expired token beyond the configured tolerance',
    expired,
    { '300 s after exp': claiming({ exp: NOW - 300 }) },
    maxTolerance,
  ),
  ...each(['7519-38'], 'rejects an exp claim that is not a number', invalid, {
    'a string': claiming({ exp: '1893456000' }),
    null: claiming({ exp: null }),
    true: claiming({ exp: true }),
    'an array': claiming({ exp: [1] }),
    'an object': claiming({ exp: {} }),
  }),
  ...each(
    ['7519-39'],
    'rejects an exp claim that is negative or greater than the largest safe integer',
    invalid,
    {
      'infinite as a number': expiring('1e400'),
      negative: expiring('-1'),
      'above the safe integers': expiring('9007199254740993'),
      '1e20': expiring('1e20'),
    },
  ),
  ...each(['7519-39'], 'accepts an exp claim in the far future', ok(), {
    'the year 10000': expiring('253402300800'),
  }),
  ...each(
    ['7519-39'],
    'rejects a token that is older than maxTokenAge plus the clock tolerance even if its exp is in the far future',
    invalidToken('too_old'),
    {
      'the year 10000': claiming({ exp: 253_402_300_800, iat: NOW - 606 }),
    },
    maxAge600,
  ),
  ...each(['7519-40'], 'accepts an exp claim with a fraction', ok({ expiresAt: NOW + 300.5 }), {
    'half a second': expiring(`${NOW}.5`.replace(`${NOW}`, `${NOW + 300}`)),
  }),
  ...each(['7519-41'], 'rejects a token before its nbf claim', invalidToken('not_yet_valid'), {
    '6 s before nbf': claiming({ nbf: NOW + 6 }),
    'far before nbf': claiming({ nbf: 4_000_000_000 }),
  }),
  ...each(
    ['7519-41'],
    'accepts an nbf claim within the clock tolerance',
    ok({ notBefore: NOW + 5 }),
    {
      '5 s before nbf': claiming({ nbf: NOW + 5 }),
    },
  ),
  ...each(['7519-41'], 'rejects an nbf claim that is not a number', invalid, {
    'a string': claiming({ nbf: `${NOW}` }),
    null: claiming({ nbf: null }),
  }),
  ...each(
    ['7519-42'],
    'rejects a token with an iat claim in the future',
    invalidToken('issued_in_future'),
    {
      '6 s before iat': claiming({ iat: NOW + 6 }),
    },
  ),
  ...each(
    ['7519-42'],
    'accepts an iat claim within the clock tolerance',
    ok({ issuedAt: NOW + 5 }),
    {
      '5 s before iat': claiming({ iat: NOW + 5 }),
    },
  ),
  ...each(
    ['7519-42'],
    'rejects a token that is older than maxTokenAge plus the clock tolerance',
    invalidToken('too_old'),
    { '606 s old': claiming({ iat: NOW - 606 }) },
    maxAge600,
  ),
  ...each(
    ['7519-42'],
    'accepts a token whose age is maxTokenAge plus the clock tolerance',
    ok(),
    { '605 s old': claiming({ iat: NOW - 605 }) },
    maxAge600,
  ),
  ...each(
    ['7519-42'],
    'rejects a token without iat if maxTokenAge is set',
    invalidToken('missing_claim'),
    { 'no iat': claiming({ iat: undefined }) },
    maxAge600,
  ),
]
