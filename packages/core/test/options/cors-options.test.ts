import { describe, expect, it } from 'vitest'
import { createCors, createResourceServer } from '../../src/index.ts'
import { defineAdapter } from '../../src/adapter.ts'
import { AUDIENCE, ISSUER } from '../../../../test/support/issuer.ts'
import { getProblemsOf } from '../support/get-problems.ts'

const APP = 'https://app.example.com'
const ORIGINS =
  "origins must be an array of origins such as 'https://app.example.com' (lower case, without a path or a slash at the end), '*', or a function, not"

const problemsOf = (options: unknown) =>
  getProblemsOf(() => createCors(options as Parameters<typeof createCors>[0]))

describe('createCors', () => {
  it.each([
    ['a list', { origins: [APP, 'http://localhost:5173', 'https://xn--caf-dma.example.com'] }],
    ['every origin', { origins: '*' }],
    ['a function', { origins: () => true }],
    [
      'all options',
      {
        origins: [APP],
        headers: ['X-Request-Id', 'x!#$%&'],
        methods: ['GET', 'QUERY'],
        exposedHeaders: ['ETag'],
        maxAge: 86_400,
      },
    ],
    ['maxAge: 0', { origins: [APP], maxAge: 0 }],
  ])('createCors accepts %s', (_what, options) => {
    expect(problemsOf(options)).toEqual([])
  })

  it('createCors rejects options without origins', () => {
    const missing =
      "origins is missing: set the origins of the pages that may call this API, such as ['https://app.example.com']."
    expect(problemsOf({})).toEqual([missing])
    expect(problemsOf({ origins: undefined })).toEqual([missing])
    expect(problemsOf(undefined)).toEqual(['The options are missing: pass { origins }.'])
  })

  it.each([
    ['a slash at the end', [`${APP}/`]],
    ['a path', [`${APP}/app`]],
    ['upper case', ['https://APP.example.com']],
    ['the default port', [`${APP}:443`]],
    ['no scheme', ['app.example.com']],
    ['a wildcard for hosts', ['https://*.example.com/']],
    ['the string *', ['*']],
    ['the origin null', ['null']],
    ['an empty string', ['']],
    ['a user name', ['https://user@app.example.com']],
    ['a regular expression', [/app/]],
    ['a hole', Object.assign([APP], { length: 2 })],
  ])('createCors rejects a list of origins with %s', (_what, origins) => {
    const index = origins.length - 1
    expect(problemsOf({ origins })).toEqual([
      `${ORIGINS} an array whose entry ${index} is invalid.`,
    ])
  })

  it.each([
    ['a string with one origin', APP, 'a string'],
    ['true', true, 'a boolean'],
    ['null', null, 'null'],
    ['an empty array', [], 'an empty array'],
    ['a regular expression', /app/, 'an object'],
  ])('createCors rejects %s as origins', (_what, origins, found) => {
    expect(problemsOf({ origins })).toEqual([expect.stringContaining(`${ORIGINS} ${found}`)])
  })

  it.each(['get', 'Patch', 'GET, POST'])(
    'createCors rejects the method %s, because names of methods must be in upper case',
    (method) => {
      expect(() => createCors({ origins: '*', methods: [method] })).toThrow(
        /methods must be an array of methods in upper case/,
      )
    },
  )

  it.each(['headers', 'exposedHeaders', 'methods'])(
    'createCors rejects names in %s that are not tokens of RFC 9110',
    (option) => {
      for (const name of ['', 'X Y', 'X:', 'X,Y', 'X\r\nY', 'caf\u00e9', 1, null]) {
        expect([name, problemsOf({ origins: '*', [option]: [name] }).length]).toEqual([name, 1])
      }
      expect(problemsOf({ origins: '*', [option]: 'X-Request-Id' })).toHaveLength(1)
    },
  )

  it.each([
    ['credentials', { credentials: true }, /^credentials is not an option\./],
    [
      'an option of the package cors',
      { origin: APP },
      /^origin is not an option\. Did you mean origins\?/,
    ],
    ['a fraction of a second', { maxAge: 0.5 }, /^maxAge must be a whole number from 0 to 86400/],
    ['more than a day', { maxAge: 86_401 }, /^maxAge must be a whole number from 0 to 86400/],
    ['a negative maxAge', { maxAge: -1 }, /^maxAge must be a whole number from 0 to 86400/],
  ])('createCors rejects %s', (_what, more, problem) => {
    expect(problemsOf({ origins: [APP], ...more })).toEqual([expect.stringMatching(problem)])
  })

  it('cors() of an adapter throws for wrong options, and metadata() throws if its options are missing', () => {
    const { createBearward } = defineAdapter<[object], void>({
      toRequest: () => ({ method: 'GET', url: '/', headers: {} }),
      grant: () => {},
      setHeaders: () => {},
      proceed: () => {},
      respond: () => {},
      fail: () => {},
      environment: {},
    })
    const bearward = createBearward({ issuer: ISSUER, audience: AUDIENCE })
    expect(() => bearward.cors({ origins: [] })).toThrow('The options of cors are wrong:')
    expect(() => bearward.metadata()).toThrow('metadata() needs other options')
    expect(() => createResourceServer({ issuer: ISSUER, audience: AUDIENCE }).metadata()).toThrow(
      'metadata() needs other options',
    )
  })

  it('createCors copies the lists in its options, so later changes of the lists have no effect', () => {
    const origins = [APP]
    const cors = createCors({ origins })
    origins.push('https://evil.example')
    const request = (origin: string) => ({ method: 'GET', url: '/', headers: { origin } })
    expect(cors(request(APP)).headers).toHaveProperty('Access-Control-Allow-Origin', APP)
    expect(cors(request('https://evil.example')).headers).toEqual({ Vary: 'Origin' })
  })
})
