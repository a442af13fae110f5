import { type ContractCase, each } from '../contract-case.ts'
import { claiming, NOW, USUAL_CLAIMS } from '../fixture.ts'
import { invalidToken, ok } from '../outcomes.ts'

const invalid = invalidToken('invalid_claim')
const expired = invalidToken('expired')
const exactly = { configuration: 'no tolerance' } as const
const generously = { configuration: 'much tolerance' } as const
const young = { configuration: 'young tokens' } as const

/** Claims whose times are written as JSON that no number of JavaScript would be written as. */
const expiring = (json: string) =>
  claiming(JSON.stringify({ ...USUAL_CLAIMS, exp: 0 }).replace('"exp":0', `"exp":${json}`))

/** The times of a token (RFC 7519 sections 4.1.4 to 4.1.6), to the second. */
export const times: readonly ContractCase[] = [
  ...each(
    ['9068-09'],
    'takes a token up to its last second',
    ok(),
    { '1 s before exp': claiming({ exp: NOW + 1 }) },
    exactly,
  ),
  ...each(
    ['9068-09'],
    'takes no token at the second of its end',
    expired,
    {
      'at exp': claiming({ exp: NOW }),
      'after exp': claiming({ exp: NOW - 1 }),
    },
    exactly,
  ),
  ...each(['9068-09'], 'lets clocks differ by 5 s', ok(), {
    '4 s after exp': claiming({ exp: NOW - 4 }),
  }),
  ...each(['9068-09'], 'lets clocks differ by no more than 5 s', expired, {
    '5 s after exp': claiming({ exp: NOW - 5 }),
  }),
  ...each(
    [],
    'lets clocks differ by as much as is configured',
    ok(),
    { '299 s after exp': claiming({ exp: NOW - 299 }) },
    generously,
  ),
  ...each(
    [],
    'lets clocks differ by no more than is configured',
    expired,
    { '300 s after exp': claiming({ exp: NOW - 300 }) },
    generously,
  ),
  ...each(['7519-38'], 'wants a number for the end', invalid, {
    'a text': claiming({ exp: '1893456000' }),
    null: claiming({ exp: null }),
    true: claiming({ exp: true }),
    'an array': claiming({ exp: [1] }),
    'an object': claiming({ exp: {} }),
  }),
  ...each(['7519-39'], 'wants a number that is one', invalid, {
    'too large for a number': expiring('1e400'),
    'below zero': expiring('-1'),
    'too large to be exact': expiring('9007199254740993'),
    'far too large': expiring('1e20'),
  }),
  ...each(['7519-39'], 'takes an end in the far future', ok(), {
    'the year 10000': expiring('253402300800'),
  }),
  ...each(
    ['7519-39'],
    'bounds the age of a token with an end in the far future',
    invalidToken('too_old'),
    {
      'the year 10000': claiming({ exp: 253_402_300_800, iat: NOW - 606 }),
    },
    young,
  ),
  ...each(['7519-40'], 'takes a part of a second', ok({ expiresAt: NOW + 300.5 }), {
    'half of one': expiring(`${NOW}.5`.replace(`${NOW}`, `${NOW + 300}`)),
  }),
  ...each(['7519-41'], 'takes no token before its time', invalidToken('not_yet_valid'), {
    '6 s before nbf': claiming({ nbf: NOW + 6 }),
    'far before nbf': claiming({ nbf: 4_000_000_000 }),
  }),
  ...each(['7519-41'], 'lets clocks differ at the beginning', ok({ notBefore: NOW + 5 }), {
    '5 s before nbf': claiming({ nbf: NOW + 5 }),
  }),
  ...each(['7519-41'], 'wants a number for the beginning', invalid, {
    'a text': claiming({ nbf: `${NOW}` }),
    null: claiming({ nbf: null }),
  }),
  ...each(['7519-42'], 'takes no token from the future', invalidToken('issued_in_future'), {
    '6 s before iat': claiming({ iat: NOW + 6 }),
  }),
  ...each(['7519-42'], 'lets clocks differ at the issue', ok({ issuedAt: NOW + 5 }), {
    '5 s before iat': claiming({ iat: NOW + 5 }),
  }),
  ...each(
    ['7519-42'],
    'takes no token that is older than allowed',
    invalidToken('too_old'),
    { '606 s old': claiming({ iat: NOW - 606 }) },
    young,
  ),
  ...each(
    ['7519-42'],
    'takes a token that is as old as allowed',
    ok(),
    { '605 s old': claiming({ iat: NOW - 605 }) },
    young,
  ),
  ...each(
    ['7519-42'],
    'wants to know the age where it is bounded',
    invalidToken('missing_claim'),
    { 'no iat': claiming({ iat: undefined }) },
    young,
  ),
]
