import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { classifySubject } from '../../src/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { CONVENTIONS } from '../../src/subject/conventions.ts'
import { ADDRESS_PATTERNS } from '../../src/subject/address-patterns.ts'
import { getProviderOfIssuer, ISSUER_PATTERNS } from '../../src/subject/issuer-patterns.ts'
import { PROFILES, getProfile, type Provider } from '../../src/subject/providers.ts'
import { EXAMPLES } from './examples/examples.ts'

const PROVIDERS = Object.keys(PROFILES) as Provider[]

/** Returns all regular expressions in a value, at any depth. */
function listPatterns(value: unknown): RegExp[] {
  if (value instanceof RegExp) return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(listPatterns)
}

describe('getProfile', () => {
  it('the first comment of each profile names the source of the profile, and the month in which the source was read', async () => {
    const folder = new URL('../../src/subject/providers/', import.meta.url)
    const files = await readdir(folder)
    const texts = await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')))
    const [profiles = [], named = []] = [
      /: Profile = \{\n/g,
      /: Profile = \{\n  \/\/ Read in 20\d\d-\d\d: .{8,}\n/g,
    ].map((pattern) => texts.flatMap((text) => text.match(pattern) ?? []))
    expect(profiles.length).toBe(PROVIDERS.length)
    expect(named.length).toBe(PROVIDERS.length)
  })

  it.each(PROVIDERS)('the profile %s has advice and examples', (name) => {
    const { advice } = getProfile(name)
    expect(advice).toMatch(/\.$/)
    expect(EXAMPLES.some(({ provider }) => provider === name)).toBe(true)
  })

  it.each(PROVIDERS)(
    'the rule ids of the profile %s begin with its name and are unique',
    (name) => {
      const ids = getProfile(name).rules.map(({ id }) => id)
      expect(ids.filter((id) => !id.startsWith(`${name}.`))).toEqual([])
      expect(new Set(ids).size).toBe(ids.length)
    },
  )

  it('patterns of profiles and conventions begin with ^, and have no flags and no nested repetition', () => {
    const patterns = listPatterns([PROFILES, CONVENTIONS, ISSUER_PATTERNS, ADDRESS_PATTERNS])
    expect(patterns.length).toBeGreaterThan(25)
    for (const { source, flags } of patterns) {
      expect(source).toMatch(/^\^/)
      expect(flags).toBe('')
      // This pattern matches a repeated group that contains a repetition.
      expect(source).not.toMatch(/[+*}][^()]*\)(?:[+*]|\{)/)
    }
  })

  it('a rule with matches or matchesNot does not apply to a claim with more than 512 characters', () => {
    const fits = `auth0|${'x'.repeat(LIMITS.claimMatched - 6)}`
    const getKind = (sub: string) =>
      classifySubject({ sub, azp: 'web' }, { provider: 'auth0' }).kind
    expect(LIMITS.claimMatched).toBe(512)
    expect(getKind(fits)).toBe('user')
    expect(getKind(`${fits}x`)).toBe('unknown')
    // A rule with `matchesNot` does not apply to a name that is too long.
    const session = { azp: 'web', sub: 'x', sid: 's' }
    const named = (name: string) =>
      classifySubject({ ...session, preferred_username: name }, { provider: 'keycloak' }).kind
    expect([named('a'.repeat(512)), named('a'.repeat(513))]).toEqual(['user', 'unknown'])
  })
})

describe('getProviderOfIssuer', () => {
  it.each<[issuer: string, provider: Provider]>([
    ['https://acme.auth0.com/', 'auth0'],
    ['https://acme.eu.auth0.com/', 'auth0'],
    ['https://login.microsoftonline.com/8d2f2e4a-0c1b-4f7e-9a55-3b6c7d8e9f01/v2.0', 'entra'],
    ['https://login.microsoftonline.com/{tenantid}/v2.0', 'entra'],
    ['https://sts.windows.net/fa15d692-e9c7-4460-a743-29f2956fd429/', 'entra'],
    ['https://acme.b2clogin.com/8d2f2e4a-0c1b-4f7e-9a55-3b6c7d8e9f01/v2.0/', 'b2c'],
    ['https://acme.okta.com/oauth2/default', 'okta'],
    ['https://acme.oktapreview.com/oauth2/aus1234', 'okta'],
    ['https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E', 'cognito'],
    ['https://accounts.google.com', 'google'],
    ['https://cloud.google.com/iap', 'google-iap'],
    ['https://securetoken.google.com/acme-prod', 'firebase'],
    ['https://acme.cloudflareaccess.com', 'cloudflare-access'],
    ['https://token.actions.githubusercontent.com', 'github-actions'],
    ['https://acme.kinde.com', 'kinde'],
    ['https://acme.logto.app/oidc', 'logto'],
    ['https://acme.zitadel.cloud', 'zitadel'],
    ['https://abcd.supabase.co/auth/v1', 'supabase'],
  ])(
    'getProviderOfIssuer returns the provider if only the vendor can operate the issuer: %s is %s',
    (issuer, provider) => {
      expect(getProviderOfIssuer(issuer)).toBe(provider)
    },
  )

  it.each([
    'https://auth.example.com',
    'https://sso.example.com/realms/acme',
    'https://acme.okta.com',
    'https://acme.auth0.com.evil.example/',
    'https://evil.example/acme.auth0.com/',
    'https://evilauth0.com/',
    'https://acme.auth0.com@evil.example/',
    'https://acme.auth0.com:8443/',
    'http://acme.auth0.com/',
    'https://login.microsoftonline.com.evil.example/x/v2.0',
    'https://cognito-idp.eu-west-1.amazonaws.com.evil.example/x',
    'https://accounts.google.com.evil.example',
    'https://accounts.google.com/',
    ' https://accounts.google.com',
    'https://accounts.google.com\n',
    'https://cloud.google.com/iap/',
    'https://session.firebase.google.com/acme-prod',
    'https://securetoken.google.com/',
    'https://securetoken.google.com/acme-prod/x',
    'https://acme.cloudflareaccess.com.evil.example',
    'https://acme.cloudflareaccess.com/cdn-cgi/access/sso/oidc/x',
    '',
  ])(
    'getProviderOfIssuer returns undefined for an issuer without the exact form of a known vendor: %j',
    (issuer) => {
      expect(getProviderOfIssuer(issuer)).toBeUndefined()
    },
  )
})
