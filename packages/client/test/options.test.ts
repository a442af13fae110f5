import { describe, expect, it } from 'vitest'
import {
  clientCredentials,
  type ClientCredentialsOptions,
  ConfigurationError,
} from '../src/index.ts'

const API = 'https://api.example.com'
const GOOD = {
  issuer: 'https://auth.example.com',
  clientId: 'orders',
  clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret' },
} as const

function problemsOf(options: object): readonly string[] {
  try {
    clientCredentials(options as ClientCredentialsOptions).close()
    return []
  } catch (error) {
    return (error as ConfigurationError).problems
  }
}

describe('clientCredentials()', () => {
  it('takes what it needs and no more', () => {
    expect(problemsOf(GOOD)).toEqual([])
    expect(
      problemsOf({ ...GOOD, issuer: undefined, tokenEndpoint: 'http://127.0.0.1:9/t' }),
    ).toEqual([])
  })

  it('names everything that is missing at once', () => {
    expect(problemsOf({})).toEqual([
      'issuer or tokenEndpoint is missing: say which authorization server to ask.',
      'clientId is missing (is the environment variable set?): give the id under which this client is registered.',
      expect.stringContaining('clientAuthentication must be an object with a method'),
    ])
    expect(() => clientCredentials(undefined!)).toThrow(ConfigurationError)
  })

  it.each<[object, string]>([
    [{ scopes: 'read' }, 'scopes is not known. Did you mean scope?'],
    [{ clientID: 'x' }, 'clientID is not known. Did you mean clientId?'],
    [{ issuer: 'http://auth.example.com' }, 'issuer must be an https address'],
    [{ tokenEndpoint: 'https://user:word@auth.example.com/' }, 'tokenEndpoint must be an https'],
    [{ clientAuthentication: { method: 'none' } }, 'clientAuthentication must be an object'],
    [
      { clientAuthentication: { method: 'client_secret_post' } },
      'clientAuthentication.secret is missing (is the environment variable set?)',
    ],
    [
      { clientAuthentication: { method: 'client_secret_basic', secret: 'from a file\n' } },
      'clientAuthentication.secret holds a line break: trim it',
    ],
    [{ clientId: 'orders\r\n' }, 'clientId holds a line break: trim it'],
    [{ clientId: undefined }, 'clientId is missing (is the environment variable set?)'],
    [{ issuer: 'https://auth.example.com/?a=b' }, 'issuer must be an https address without query'],
    [
      { issuer: 'https://auth.example.com/{tenantid}/v2.0' },
      'issuer has {tenantid} in it: give the tenant itself',
    ],
    [
      { issuer: 'https://auth.example.com/.well-known/openid-configuration' },
      'issuer is the address of its metadata: give the issuer that stands in there',
    ],
    [{ parameters: 'a=b' }, 'parameters must be an object of strings'],
    [{ parameters: { tier: 1 } }, 'parameters must be an object of strings'],
    [{ parameters: { scope: 'read' } }, 'parameters.scope belongs to the grant'],
    [{ parameters: { client_assertion: 'x' } }, 'parameters.client_assertion belongs'],
    [{ scope: 7 }, 'scope must be scopes separated by spaces'],
    [{ resource: { href: API } }, 'resource must be an absolute URI'],
    [{ scope: ['read write'] }, 'scope must be scopes separated by spaces'],
    [{ scope: [] }, 'scope must be'],
    [{ scope: ' ' }, 'scope must be'],
    [{ resource: 'https://api.example.com/#part' }, 'resource must be an absolute URI'],
    [{ resource: 'api' }, 'resource must be an absolute URI'],
    [{ audience: '' }, 'audience must be a string'],
    [
      { resource: 'https://a.example.com', audience: 'a' },
      'resource and audience stand side by side',
    ],
    [
      { origins: ['https://api.example.com/'] },
      'origins must be an array of origins without a path',
    ],
    [{ origins: ['http://api.example.com'] }, 'origins must be'],
    [{ origins: ['*'] }, 'origins must be'],
    [{ origins: [] }, 'origins must be'],
    [{ renewBefore: -1 }, 'renewBefore must be a number of seconds from 0 to 86400'],
    [{ assumedLifetime: 0 }, 'assumedLifetime must be a number of seconds from 1 to 86400'],
    [{ patience: 301 }, 'patience must be a number of seconds from 0 to 300'],
    [{ fetchTimeout: 0 }, 'fetchTimeout must be a number of seconds from 0.001 to 30'],
    [{ fetchTimeout: '5' }, 'fetchTimeout must be a number'],
    [{ fetch: 'fetch' }, 'fetch must be a function'],
    [{ resourceFetch: {} }, 'resourceFetch must be a function'],
    [{ onEvent: [] }, 'onEvent must be a function'],
    [
      { allowInsecureHosts: 'localhost' },
      'allowInsecureHosts must be an array of lower-case host names',
    ],
    [{ clock: Date }, 'clock must have the functions'],
  ])('refuses %j', (wrong, problem) => {
    expect(problemsOf({ ...GOOD, ...wrong })).toEqual([expect.stringContaining(problem)])
  })
})
