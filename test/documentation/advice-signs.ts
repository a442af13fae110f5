import type { Reason } from '@bearward/core'

/**
 * The conditions `when` of the advice for each reason, in words and in the order of the rows. The texts are not in the core,
 * because only the documentation contains them.
 */
export const ADVICE_SIGNS: Partial<Readonly<Record<Reason, readonly string[]>>> = {
  malformed_token: ['`found` is the text undefined, null, true, false or NaN'],
  unknown_issuer: [
    '`iss` and the option `issuer` differ only by a trailing slash',
    '`iss` is at `sts.windows.net`, but the option `issuer` is at `login.microsoftonline.com`',
    '`iss` is at `login.microsoftonline.com`, but the option `issuer` is at `sts.windows.net`',
    '`iss` and the option `issuer` differ only in the scheme, the port, or the name of an internal host',
    '`iss` is the address of the org authorization server of Okta',
    '`iss` is another tenant of Entra, and the option `tenants` is set',
    'the option `issuers` has the functions `match` and `resolve`, and `resolve` returned no options for `iss`',
    'the option `issuers` has the functions `match` and `resolve`, and `match` returned `false` for `iss`',
    'the option `issuers` has the functions `match` and `resolve`, and `iss` is not a URL in its normal form',
  ],
  unsupported_algorithm: [
    'the claim `typ` is `Refresh` or `Offline`, as in refresh tokens of Keycloak',
    '`alg` is HS256, HS384 or HS512',
  ],
  unknown_key: ['the keys come from the option `jwks` or `secret`'],
  invalid_signature: ['the header has a `nonce`, as in tokens for Microsoft Graph'],
  wrong_token_type: [
    "`typ` of the header is `JWT` or missing, and `jwtProfile: 'rfc9068'` is set",
    'the header has a `typ` that Bearward does not know',
  ],
  missing_claim: [
    '`iat` is missing, and `maxTokenAge` is set',
    "`jwtProfile: 'rfc9068'` requires the claim",
    '`exp` is missing',
  ],
  invalid_claim: ['the claim with the scopes is an array', 'the claim with the scopes is a string'],
  wrong_audience: [
    'an `aud` and the option `audience` differ only by a trailing slash',
    '`aud` also names another audience, and `onlyAudience` is set',
    '`aud` identifies Microsoft Graph',
    '`aud` and the option `audience` differ only by the prefix `api://`',
    '`aud` is the address of `/userinfo` of the tenant',
    '`aud` is `account`, the default of Keycloak',
    'the introspection response has the `aud` of this API, and `introspection.audience: null` is set',
    'the token has an `aud`, and `audience: null` is set',
  ],
  no_credentials: ['the option `credentials` is set'],
  malformed_credentials: ['the token is an empty string, or not a string'],
  insufficient_user_authentication: [
    'the token has no `acr`',
    'the token has no `auth_time`',
    'the token has no `auth_time`',
    'the token has no `acr` or no `auth_time`',
    '`auth_time` is not a number, or `acr` is not a text',
    '`auth_time` is written in milliseconds',
    '`auth_time` is in the future',
  ],
  insufficient_scope: [
    'the scope is in the claim `permissions`, which is not read',
    'the scope is in the claim `permissions`, which is not read',
    'the scope is in the claim `scp`, which is not read',
    'the scope is in the claim `roles`, which is not read',
    'the scope is in the claim `groups`, which is not read',
    'the scope is in the claim `authorities`, which is not read',
    'the scope is a role in the claim `realm_access`, as in tokens of Keycloak',
    '`scopeClaim` has dots in it, and no claim has that name',
  ],
  wrong_subject: ['the caller is a machine, and the route requires `acr` or `maxAuthAge`'],
  unbound_token: [
    'a token that is bound to a key is required',
    'a token that is bound to a certificate is required',
  ],
  unsupported_binding: ['`verify` was called without the request'],
  invalid_proof: [
    'the check is `DPoP htu`',
    'the check is `DPoP iat`, and the time is in the future',
    'the check is `DPoP iat`, and the time is in the past',
    'the check is `DPoP alg`',
    'the check is `DPoP jwk`',
  ],
  keys_unavailable: ['`close` was called'],
  not_yet_valid: ['`nbf` is written in milliseconds'],
  issued_in_future: ['`iat` is written in milliseconds'],
}
