import {
  type Attack,
  forbidden,
  insufficientScope as missing,
  invalidToken,
  type Outcome,
} from './attack.ts'
import { tokenWithClaim } from './forged-tokens.ts'

const invalid = invalidToken('invalid_claim')

/**
 * JSON texts for the claim `access`, by a description. No text has `admin` as a whole element of an array at the path
 * `['access', 'roles']`.
 */
const TEXTS: readonly (readonly [name: string, text: string, asScopes: Outcome])[] = [
  ['a text with the role in it', '{"roles":"admins"}', invalid],
  ['the role as a text', '{"roles":"admin","other":1}', invalid],
  ['roles that only resemble the required role', '{"roles":["admins","Admin","admin "]}', missing],
  ['the role in an array in the array', '{"roles":[["admin"]]}', invalid],
  ['the role as the name of a member', '{"roles":{"admin":true}}', invalid],
  ['the role in an object with indexes', '{"roles":{"0":"admin","length":1}}', invalid],
  ['an array in place of the object', '["roles","admin"]', missing],
  ['an array that contains the object', '[{"roles":["admin"]}]', missing],
  ['a text in place of the object', '"roles admin"', missing],
  ['null in place of the object', 'null', missing],
  ['the roles in __proto__', '{"__proto__":{"roles":["admin"]}}', missing],
  ['the roles in constructor', '{"constructor":{"roles":["admin"]}}', missing],
  ['a member whose name is the path with a dot', '{"access.roles":["admin"]}', missing],
  ['the member in another case', '{"Roles":["admin"]}', missing],
]

/** Tokens without a role, and two guards that require this role: one by a condition on a claim, and one by a scope. */
export const CLAIM_PATHS: readonly Attack[] = TEXTS.flatMap(([name, text, asScopes]) =>
  (
    [
      ['roles', forbidden('wrong_claim')],
      ['roles as scopes', asScopes],
    ] as const
  ).map(([api, outcome]): Attack => ({
    name: `${name}, if the guard requires ${api}`,
    attack: ({ issuer }) => tokenWithClaim(issuer, 'access', text),
    outcome,
    api,
  })),
)
