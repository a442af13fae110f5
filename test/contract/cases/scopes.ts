import { type ContractCase, each } from '../contract-case.ts'
import { claiming, forged, NOW, OTHER_AUDIENCE, token, VALID } from '../fixture.ts'
import { insufficientScope, invalidToken, ok } from '../outcomes.ts'

const asks = (scope: string | { any: readonly string[] }) => ({ requirements: { scope } })

/** Scopes: how they are read, and what is said where one is missing (RFC 6750 section 3.1). */
export const scopes: readonly ContractCase[] = [
  ...each(
    ['6750-17'],
    'names the scope that is missing',
    insufficientScope('write'),
    VALID,
    asks('write'),
  ),
  ...each(
    ['6750-17'],
    'names all scopes where one is missing',
    insufficientScope('read write'),
    VALID,
    asks('read write'),
  ),
  ...each(
    ['6750-17'],
    'names the first of the scopes of which one would do',
    insufficientScope('write'),
    VALID,
    asks({ any: ['write', 'admin'] }),
  ),
  ...each([], 'lets a token with the scope pass', ok({ scopes: ['read'] }), VALID, asks('read')),
  ...each([], 'takes one scope of several', ok(), VALID, asks({ any: ['write', 'read'] })),
  ...each(
    [],
    'compares scopes whole and byte for byte',
    insufficientScope('read'),
    {
      'upper case': claiming({ scope: 'READ' }),
      'a longer one': claiming({ scope: 'read:reports' }),
      'a wildcard': claiming({ scope: 'read* *' }),
      'joined by a comma': claiming({ scope: 'read,write' }),
      'joined by a blank that is no space': claiming({ scope: 'read\u00a0write' }),
      'no scope': claiming({ scope: undefined }),
      'in a claim that is not configured': claiming({ scope: undefined, scp: ['read'] }),
    },
    asks('read'),
  ),
  ...each(
    ['6750-18'],
    'finds a bad token before a missing scope',
    invalidToken('expired', 'write'),
    { expired: claiming({ exp: 1 }) },
    asks('write'),
  ),
  ...each(
    ['6750-18'],
    'finds a bad token before a missing scope',
    invalidToken('invalid_signature', 'write'),
    { forged: forged(token()) },
    asks('write'),
  ),
  ...each(
    ['21-03'],
    'never lets an expired token pass',
    invalidToken('expired', 'read'),
    {
      'with the scope': claiming({ exp: NOW - 5 }),
    },
    asks('read'),
  ),
  ...each(
    ['21-03'],
    'never lets a token for another API pass',
    invalidToken('wrong_audience', 'read'),
    {
      'with the scope': claiming({ aud: OTHER_AUDIENCE }),
    },
    asks('read'),
  ),
  ...each(
    ['21-03'],
    'never lets a token without the scope pass',
    insufficientScope('write'),
    {
      'for this API': claiming({ scope: 'read' }),
    },
    asks('write'),
  ),

  ...each(
    ['9068-17'],
    'splits scopes at single spaces',
    ok({ scopes: ['read', 'write'] }),
    {
      'one space': claiming({ scope: 'read write' }),
      'two spaces': claiming({ scope: 'read  write' }),
      'spaces around': claiming({ scope: ' read write ' }),
    },
    asks('read write'),
  ),
  ...each(['9068-17'], 'finds no scope in an empty text', ok({ scopes: [] }), {
    'no character': claiming({ scope: '' }),
    'a space': claiming({ scope: ' ' }),
  }),
  ...each(
    ['9068-17'],
    'splits scopes nowhere else',
    insufficientScope('read'),
    { 'a tab': claiming({ scope: 'read\twrite' }), 'a line break': claiming({ scope: 'read\n' }) },
    asks('read'),
  ),
  ...each(
    ['9068-17'],
    'takes scopes as one text only',
    invalidToken('invalid_claim', 'read'),
    {
      'an array': claiming({ scope: ['read'] }),
      'an object': claiming({ scope: { read: true } }),
    },
    asks('read'),
  ),

  ...each(
    ['9068-21'],
    'leaves groups, roles and entitlements in the claims, and makes no scopes of them',
    ok({
      scopes: ['read'],
      claims: { groups: ['write'], roles: ['write'], entitlements: ['write'] },
    }),
    { 'all three': claiming({ groups: ['write'], roles: ['write'], entitlements: ['write'] }) },
  ),
  ...each(
    ['9068-21'],
    'leaves groups, roles and entitlements in the claims, and makes no scopes of them',
    insufficientScope('write'),
    { 'where one names the scope': claiming({ roles: ['write'], groups: 'write' }) },
    asks('write'),
  ),
]
