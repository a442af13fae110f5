import { type ContractCase, each } from '../contract-case.ts'
import { claiming, forged, NOW, OTHER_AUDIENCE, token, VALID } from '../fixture.ts'
import { insufficientScope, invalidToken, ok } from '../outcomes.ts'

const needs = (scope: string | { any: readonly string[] }) => ({ requirements: { scope } })

/** Cases for scopes: how they are read, and the refusal if one is missing (RFC 6750 section 3.1). */
export const scopes: readonly ContractCase[] = [
  ...each(
    ['6750-17'],
    'names the missing scope in the challenge',
    insufficientScope('write'),
    VALID,
    needs('write'),
  ),
  ...each(
    ['6750-17'],
    'names all required scopes if one is missing',
    insufficientScope('read write'),
    VALID,
    needs('read write'),
  ),
  ...each(
    ['6750-17'],
    'names the first scope of { any } in the challenge',
    insufficientScope('write'),
    VALID,
    needs({ any: ['write', 'admin'] }),
  ),
  ...each([], 'grants a token that has the scope', ok({ scopes: ['read'] }), VALID, needs('read')),
  ...each(
    [],
    'grants a token that has one scope of { any }',
    ok(),
    VALID,
    needs({ any: ['write', 'read'] }),
  ),
  ...each(
    [],
    'refuses a token whose scopes do not contain exactly the required one',
    insufficientScope('read'),
    {
      'upper case': claiming({ scope: 'READ' }),
      'a longer scope': claiming({ scope: 'read:reports' }),
      'a wildcard': claiming({ scope: 'read* *' }),
      'two scopes joined by a comma': claiming({ scope: 'read,write' }),
      'two scopes joined by U+00A0': claiming({ scope: 'read\u00a0write' }),
      'no scope': claiming({ scope: undefined }),
      'a claim that is not configured': claiming({ scope: undefined, scp: ['read'] }),
    },
    needs('read'),
  ),
  ...each(
    ['6750-18'],
    'rejects a bad token before it checks the scope',
    invalidToken('expired', 'write'),
    { expired: claiming({ exp: 1 }) },
    needs('write'),
  ),
  ...each(
    ['6750-18'],
    'rejects a bad token before it checks the scope',
    invalidToken('invalid_signature', 'write'),
    { forged: forged(token()) },
    needs('write'),
  ),
  ...each(
    ['21-03'],
    'rejects an expired token that has the scope',
    invalidToken('expired', 'read'),
    {
      '5 s after exp': claiming({ exp: NOW - 5 }),
    },
    needs('read'),
  ),
  ...each(
    ['21-03'],
    'rejects a token that has the scope, but is for another API',
    invalidToken('wrong_audience', 'read'),
    {
      'another audience': claiming({ aud: OTHER_AUDIENCE }),
    },
    needs('read'),
  ),
  ...each(
    ['21-03'],
    'refuses a valid token without the required scope',
    insufficientScope('write'),
    {
      'for this API': claiming({ scope: 'read' }),
    },
    needs('write'),
  ),

  ...each(
    ['9068-17'],
    'grants a token whose scopes are separated by spaces',
    ok({ scopes: ['read', 'write'] }),
    {
      'one space': claiming({ scope: 'read write' }),
      'two spaces': claiming({ scope: 'read  write' }),
      'leading and trailing spaces': claiming({ scope: ' read write ' }),
    },
    needs('read write'),
  ),
  ...each(
    ['9068-17'],
    'accepts a token whose scope is empty, and exposes no scopes',
    ok({ scopes: [] }),
    {
      'no characters': claiming({ scope: '' }),
      'one space': claiming({ scope: ' ' }),
    },
  ),
  ...each(
    ['9068-17'],
    'refuses a token whose scopes contain white space other than spaces',
    insufficientScope('read'),
    { 'a tab': claiming({ scope: 'read\twrite' }), 'a line break': claiming({ scope: 'read\n' }) },
    needs('read'),
  ),
  ...each(
    ['9068-17'],
    'rejects a scope claim that is not a string',
    invalidToken('invalid_claim', 'read'),
    {
      'an array': claiming({ scope: ['read'] }),
      'an object': claiming({ scope: { read: true } }),
    },
    needs('read'),
  ),

  ...each(
    ['9068-21'],
    'keeps groups, roles and entitlements as claims, not as scopes',
    ok({
      scopes: ['read'],
      claims: { groups: ['write'], roles: ['write'], entitlements: ['write'] },
    }),
    { 'all three': claiming({ groups: ['write'], roles: ['write'], entitlements: ['write'] }) },
  ),
  ...each(
    ['9068-21'],
    'refuses a token that has the required scope only in other claims',
    insufficientScope('write'),
    { 'roles and groups': claiming({ roles: ['write'], groups: 'write' }) },
    needs('write'),
  ),
]
