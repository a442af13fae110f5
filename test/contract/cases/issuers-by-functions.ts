import { TENANTS } from '../configurations.ts'
import { bearer, type ContractCase, each } from '../contract-case.ts'
import { issuerA } from '../fixture.ts'
import { TENANT_BASE } from '../is-tenant.ts'
import { forbidden, invalidToken, ok, unavailable } from '../outcomes.ts'

const { acme, globex, unknown, failing } = TENANTS
const byFunctions = { configuration: 'issuers from functions' } as const

/** Cases for dynamic issuers: the function `match` of the application accepts an issuer, and `resolve` returns its options. */
export const issuersByFunctions: readonly ContractCase[] = [
  ...[acme, globex, issuerA].flatMap((from) =>
    [acme, globex, issuerA].flatMap((by) =>
      each(
        ['8725-12'],
        from === by
          ? 'accepts a token signed with a key of its issuer'
          : 'rejects a token signed with a key of another issuer',
        from === by ? ok({ issuer: from.issuer }) : invalidToken('invalid_signature'),
        {
          [`a token of ${from.issuer} by a key of ${by.issuer}`]: from.token({ key: by.keys[0]! }),
        },
        byFunctions,
      ),
    ),
  ),
  ...each(
    ['9068-05'],
    'rejects a token of an unknown issuer',
    invalidToken('unknown_issuer'),
    {
      'a tenant that resolve does not know': unknown.token(),
      'an issuer that match does not accept': acme.token({
        claims: { iss: 'https://login.example.net/tenants/acme' },
      }),
      ...Object.fromEntries(
        [
          `${acme.issuer}/`,
          `${acme.issuer}?`,
          `${acme.issuer}#`,
          `${TENANT_BASE}x/../acme`,
          `${TENANT_BASE}%2e/acme`,
          'https://LOGIN.example.com/tenants/acme',
          'https://login.example.com:443/tenants/acme',
          'https://login.example.com@evil.example/tenants/acme',
          'https://evil.example\\@login.example.com/tenants/acme',
          `${acme.issuer}\n`,
          ` ${acme.issuer}`,
        ].map((iss) => [JSON.stringify(iss), acme.token({ claims: { iss } })]),
      ),
      'an array with the issuer': acme.token({ claims: { iss: [acme.issuer] } }),
    },
    byFunctions,
  ),
  ...each(
    [],
    'responds with 503 if resolve throws',
    unavailable('1', 'issuer_unavailable'),
    { 'a valid token': failing.token() },
    byFunctions,
  ),
  {
    ids: [],
    title: 'refuses a token of another tenant if the guard names a tenant',
    ...byFunctions,
    requirements: { issuer: acme.issuer },
    request: bearer(globex.token()),
    outcome: forbidden('wrong_issuer'),
  },
]
