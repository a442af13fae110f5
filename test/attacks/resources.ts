import {
  accepted,
  type ApiName,
  type Attack,
  insufficientScope,
  invalidToken,
  type Outcome,
  ROOT_RESOURCE,
} from './attack.ts'
import { fillIn } from './claims.ts'
import { tokenWithClaim } from './forged-tokens.ts'

const invalid = invalidToken('invalid_claim')
const wrongAudience = invalidToken('wrong_audience')

type Rows = readonly (readonly [text: string, outcome: Outcome])[]

/** JSON texts for `aud`. The audience of the API is derived from its resource, which has a path. */
const AUDIENCES: Rows = [
  ...[
    '"AUDIENCE"',
    '["AUDIENCE"]',
    '"HTTPS://API.EXAMPLE.COM/v1"',
    '"https://API.example.com/v1"',
    '["https://other.example.com","Https://Api.Example.Com/v1"]',
  ].map((text) => [text, accepted] as const),
  ...[
    '"AUDIENCE/"',
    '"AUDIENCE//"',
    '"AUDIENCE?"',
    '"AUDIENCE?x"',
    '"AUDIENCE#"',
    '"AUDIENCE#x"',
    '"AUDIENCE/."',
    '"AUDIENCE/../v1"',
    '"AUDIENCE;x"',
    '"AUDIENCE%00"',
    '"AUDIENCE\\u0000"',
    '"AUDIENCE\\n"',
    '"AUDIENCE "',
    '" AUDIENCE"',
    '"AUDIENCE,AUDIENCE"',
    '"AUDIENCE AUDIENCE"',
    '"https://api.example.com/V1"',
    '"https://api.example.com/%76%31"',
    '"https://api.example.com"',
    '"https://api.example.com/"',
    '"https://api.example.com/v"',
    '"https://api.example.com/v11"',
    '"https://api.example.com:443/v1"',
    '"https://api.example.com:/v1"',
    '"https://api.example.com:8443/v1"',
    '"https://api.example.com./v1"',
    '"https://user@api.example.com/v1"',
    '"https://@api.example.com/v1"',
    '"https://user:pass@api.example.com/v1"',
    '"https://api.example.com@evil.example/v1"',
    '"https://api.example.com\\\\@evil.example/v1"',
    '"https://evil.example\\\\@api.example.com/v1"',
    '"https:\\\\\\\\api.example.com/v1"',
    '"https://api.example.com\\\\v1"',
    '"https:/api.example.com/v1"',
    '"https:///api.example.com/v1"',
    '"https:api.example.com/v1"',
    '"//api.example.com/v1"',
    '"api.example.com/v1"',
    '"http://api.example.com/v1"',
    '"wss://api.example.com/v1"',
    '"https://api.example.com.evil.example/v1"',
    '"https://evil.example/api.example.com/v1"',
    '"https://evil.example/?AUDIENCE"',
    '"https://evil.example/#AUDIENCE"',
    '"https://\\uff21pi.example.com/v1"',
    '"https://\\u0391pi.example.com/v1"',
    '"HTTP\\u017f://api.example.com/v1"',
    '"https://AP\\u0130.example.com/v1"',
    '"https://api\\u3002example.com/v1"',
    '"https://ap\\u00adi.example.com/v1"',
    '"https://api.example.com\\u200b/v1"',
    '"https://api%2eexample.com/v1"',
    '"*"',
    '"https://*.example.com/v1"',
    '""',
    '[]',
    '["__proto__","toString","includes"]',
  ].map((text) => [text, wrongAudience] as const),
  ...['null', '{"AUDIENCE":true}', '[["AUDIENCE"]]', '["AUDIENCE",1]', '["AUDIENCE",null]'].map(
    (text) => [text, invalid] as const,
  ),
]

/** JSON texts for `aud`. The audience of the API is derived from its resource, which has no path. */
const ROOT_AUDIENCES: Rows = [
  ...['"ROOT"', '"ROOT/"', '"HTTPS://KUBE.EXAMPLE.COM"', '"HTTPS://KUBE.EXAMPLE.COM/"'].map(
    (text) => [text, accepted] as const,
  ),
  ...[
    '"ROOT//"',
    '"ROOT?"',
    '"ROOT/?"',
    '"ROOT?x"',
    '"ROOT#"',
    '"ROOT/#"',
    '"ROOT/mcp"',
    '"ROOT/."',
    '"ROOT:443"',
    '"ROOT:443/"',
    '"ROOT:"',
    '"ROOT."',
    '"ROOT\\\\"',
    '"ROOT@evil.example"',
    '"ROOT:x@evil.example/"',
    '"https://u@kube.example.com/"',
    '"https://\\u212aube.example.com"',
    '"https://\\u212aube.example.com/"',
    '"https://KUBE.EXAMPLE.CO\\u2133"',
    '"https://kube.example.com\\u0000/"',
    '"kube.example.com"',
    '"http://kube.example.com/"',
  ].map((text) => [text, wrongAudience] as const),
]

/** JSON texts for `aud`. The API accepts only tokens that name no other audience. */
const ONLY_AUDIENCES: Rows = [
  ...['"AUDIENCE"', '["AUDIENCE"]', '["AUDIENCE","HTTPS://API.EXAMPLE.COM/v1"]'].map(
    (text) => [text, accepted] as const,
  ),
  ...[
    '["AUDIENCE","https://other.example.com"]',
    '["https://other.example.com","AUDIENCE"]',
    '["AUDIENCE",""]',
    '["AUDIENCE","AUDIENCE/"]',
    '["AUDIENCE","__proto__"]',
    '[]',
  ].map((text) => [text, wrongAudience] as const),
]

/** JSON texts for `scope`. The guard requires `notes:read`. The scopes `notes` and `admin` include `notes:read`. */
const SCOPES: Rows = [
  ...['"notes:read"', '"notes"', '"admin"', '"other admin"'].map(
    (text) => [text, accepted] as const,
  ),
  ...[
    '"note"',
    '"notes:"',
    '"notes:*"',
    '"notes:delete"',
    '"notes:read:all"',
    '"Notes"',
    '"NOTES"',
    '"admi\\u0274"',
    '"notes\\u0000"',
    '"notes\\u00a0admin"',
    '"notes,admin"',
    '"constructor"',
    '"__proto__"',
    '"prototype"',
    '"toString"',
    '"hasOwnProperty"',
    '"size"',
    '"get"',
    '""',
  ].map((text) => [text, insufficientScope] as const),
  ...['["admin"]', '{"admin":true}', 'null', 'true'].map((text) => [text, invalid] as const),
]

function toAttacks(name: string, rows: Rows, api: ApiName): readonly Attack[] {
  return rows.map(([text, outcome]): Attack => ({
    name: `the claim ${name} ${text}, at the API "${api}"`,
    attack: ({ issuer, clock }) => {
      const filled = fillIn(text, clock.seconds()).replaceAll('ROOT', ROOT_RESOURCE)
      return tokenWithClaim(issuer, name, filled)
    },
    outcome,
    api,
  }))
}

/** Tokens with many values of `aud` and `scope`. Most of these tokens are refused. */
export const RESOURCES: readonly Attack[] = [
  ...toAttacks('aud', AUDIENCES, 'resource'),
  ...toAttacks('aud', ROOT_AUDIENCES, 'a resource at the root'),
  ...toAttacks('aud', ONLY_AUDIENCES, 'only this audience'),
  ...toAttacks('scope', SCOPES, 'scopes that contain others'),
]
