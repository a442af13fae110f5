import { format, inspect } from 'node:util'
import { deserialize, serialize } from 'node:v8'
import { afterEach, describe, expect, it } from 'vitest'
import { generateKey } from '../../../test/support/keys.ts'
import { watchProcess } from '../../../test/support/watch-process.ts'
import {
  clientCredentials,
  type ClientCredentialsOptions,
  ConfigurationError,
  type TokenError,
} from '../src/index.ts'
import { setup, SECRET, until } from './setup.ts'
import { type ReceivedRequest, grant, respondWithError, type Script } from './token-server.ts'

const watcher = watchProcess()
afterEach(async () => expect(await watcher.faults()).toEqual([]))

/** All combinations of four options of `inspect`. */
const INSPECTIONS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].map((bits) => ({
  depth: 10,
  showHidden: (bits & 1) > 0,
  getters: (bits & 2) > 0,
  customInspect: (bits & 4) > 0,
  showProxy: (bits & 8) > 0,
}))

/** Returns everything that printing, logging or copying a value can show. */
function show(value: unknown): string {
  const texts = [
    ...INSPECTIONS.map((options) => inspect(value, options)),
    ...INSPECTIONS.map((options) => inspect({ inside: [value] }, options)),
    format('%s %o %O %j', value, value, value, value),
    JSON.stringify(value) ?? '',
    JSON.stringify({ inside: [value] }),
    String(value),
    (value as Error).stack ?? '',
    inspect({ ...(value as object) }),
    inspect(Object.entries(Object.getOwnPropertyDescriptors(value as object)), { depth: 10 }),
    clone(value),
  ]
  if (value instanceof Error) texts.push(show(value.cause ?? ''))
  return texts.join('\n')
}

/** Returns the copies that `structuredClone` and serialization make, or an empty string if a value cannot be copied. */
function clone(value: unknown): string {
  try {
    return inspect([structuredClone(value), deserialize(serialize(value))], { depth: 10 })
  } catch {
    // Functions cannot be cloned.
    return ''
  }
}

describe('printed objects', () => {
  it('printed objects do not contain the value of a token', async () => {
    const { source, events } = await setup()
    const token = await source.getToken()
    expect(token.value).toBe('token-1')
    for (const value of [token, source, events, source.counters()]) {
      expect(show(value)).not.toContain('token-1')
    }
    expect(String(token as unknown)).toBe('[access token]')
    expect(show(structuredClone({ ...token }))).not.toContain('token-1')
    expect(structuredClone(token)).toEqual({ ...token })
    expect(inspect(token, { customInspect: false })).toContain('expiresAt')
    expect(token).toBeInstanceOf(Object)
  })

  const key = generateKey('ES256', 'client-key')
  const jwk = { ...key.privateKey.export({ format: 'jwk' }), kty: 'EC', alg: 'ES256' }
  const secret = 'p@ss/w%rd:x "y'
  const ENCODED = 'p%40ss%2Fw%25rd%3Ax+%22y'

  /** Parts of a request that a server can repeat, in several encodings. */
  const PLACES: Record<string, (request: ReceivedRequest) => string | undefined> = {
    'the header': ({ headers }) => headers.authorization,
    'the decoded header': ({ headers }) =>
      Buffer.from(headers.authorization?.slice(6) ?? '', 'base64').toString(),
    'the secret as it was sent in the form': ({ body }) => /client_secret=([^&]*)/.exec(body)?.[1],
    'the secret': () => secret,
    'the secret with another encoding of the space': () => secret.replace(' ', '%20'),
    'the secret with lower-case percent-encoding': () =>
      ENCODED.replace(/%../g, (part) => part.toLowerCase()),
    'the secret with escaped quotes': () => secret.replace(/"/g, '\\"'),
    'the secret in base64': () => btoa(secret),
    'the secret with a line break': () => secret.replace(' ', '\n'),
    'the secret in hex': () => Buffer.from(secret).toString('hex'),
    'the secret in HTML entities': () =>
      Array.from(secret, (one) => `&#${one.charCodeAt(0)};`).join(''),
    'the secret, percent-encoded twice': () => encodeURIComponent(ENCODED),
    'six characters of the secret': () => secret.slice(3, 9),
    'the header in hex': ({ headers }) => Buffer.from(headers.authorization ?? '').toString('hex'),
    'six characters of the assertion': ({ form }) => form.get('client_assertion')?.slice(-20, -14),
    'the assertion': ({ form }) => form.get('client_assertion') ?? undefined,
    'the whole form': ({ body }) => body,
  }

  it.each<[string, ClientCredentialsOptions['clientAuthentication'], number]>([
    ['client_secret_basic', { method: 'client_secret_basic', secret }, 13],
    ['client_secret_post', { method: 'client_secret_post', secret }, 12],
    ['private_key_jwt', { method: 'private_key_jwt', key: jwk }, 3],
  ])(
    'printed objects do not contain a secret of %s that the server repeats',
    async (_method, clientAuthentication, least) => {
      let repeated = 0
      for (const place of Object.values(PLACES)) {
        let repeatedText = ''
        const { source, events } = await setup(
          (request) => {
            repeatedText = place(request) ?? ''
            const again = respondWithError('invalid_scope', {
              status: 400,
              error_description: `no: ${repeatedText}`,
            })
            return again(request)
          },
          { clientAuthentication },
        )
        const error = await source.getToken().catch((thrown: Error) => thrown)
        const form = new URLSearchParams(repeatedText)
        // Skips a text that contains no secret of this authentication method.
        const isOfSecret = clientAuthentication.method !== 'private_key_jwt'
        const isAssertion =
          repeatedText.includes('eyJ') ||
          form.has('client_assertion') ||
          /^[\w-]{6}$/.test(repeatedText)
        const isBare =
          clientAuthentication.method === 'client_secret_basic' && form.has('grant_type')
        if (repeatedText === '' || isBare || (!isOfSecret && !isAssertion)) continue
        repeated++
        expect((error as TokenError).detail).toMatch(/: status 400, invalid_scope$/)
        for (const value of [error, events, source]) expect(show(value)).not.toContain(repeatedText)
      }
      expect(repeated).toBeGreaterThanOrEqual(least)
    },
  )

  it('the detail of an error contains no value of parameters or of the endpoint query', async () => {
    const { server } = await setup()
    for (const repeated of ['tier-one-key', 'ALPHA%2DKEY-1', '616c7068612d6b65792d31']) {
      server.answer(respondWithError('invalid_request', { error_description: `no ${repeated}` }))
      const { source } = await setup(undefined, {
        server,
        issuer: undefined!,
        tokenEndpoint: `${server.url}/token?code=alpha-key-1`,
        parameters: { tier: 'tier-one-key' },
      })
      await expect(source.getToken()).rejects.toMatchObject({
        detail: `${server.url}/token: status 400, invalid_request`,
      })
    }
  })

  it('printed objects do not contain a token or the query of tokenEndpoint for any response', async () => {
    const responses: Script[] = [
      ({ number }) => grant(number),
      200,
      204,
      302,
      400,
      401,
      404,
      429,
      500,
      503,
      { error: 'invalid_scope' },
      { ...grant(1), token_type: 'DPoP' },
      { ...grant(1), expires_in: 0 },
      ({ response }) => void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>'),
      ({ response }) =>
        void response.writeHead(200, { 'Content-Type': 'application/json' }).end('{'),
      ({ response }) => void response.destroy(),
      () => undefined,
    ]
    const { server } = await setup()
    for (const response of responses) {
      server.answer(response)
      const { source, events, advanceUntilSettled } = await setup(undefined, {
        server,
        issuer: undefined!,
        tokenEndpoint: `${server.url}/token?code=alpha-key-1`,
        maxWait: 1,
        fetchTimeout: 0.1,
      })
      const result = await advanceUntilSettled(
        source.getToken().catch((thrown: TokenError) => thrown),
      )
      const again = await source.getToken().catch((thrown: TokenError) => thrown)
      expect(events[0]).toMatchObject({ server: `${server.url}/token` })
      for (const value of [result, again, events, source]) {
        expect(show(value)).not.toMatch(/alpha|code=|token-\d/)
      }
    }
  })

  it('a printed ConfigurationError does not contain an invalid secret', () => {
    const secretOptions = {
      issuer: 'no address',
      clientId: 7,
      clientAuthentication: { method: 'client_secret_basic', secret: { value: SECRET } },
    } as unknown as ClientCredentialsOptions
    try {
      clientCredentials(secretOptions)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(show(error)).not.toContain(SECRET)
    }
  })
})

describe('the detail of an error', () => {
  it.each([
    [
      'an expired secret',
      "AADSTS7000222: The provided client secret keys for app 'orders' are expired.",
    ],
    [
      'the id of a secret in place of its value',
      'AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.',
    ],
    [
      'a wrong audience of the assertion',
      "AADSTS50027: JWT token is invalid or malformed. The 'aud' claim is not the token endpoint.",
    ],
  ])('the detail of an error contains the description of %s', async (_case, error_description) => {
    const { source, server, events } = await setup(
      respondWithError('invalid_client', { status: 401, error_description }),
      { clientAuthentication: { method: 'client_secret_post', secret: 'Zx~8Q~W6Zk9v3n5bR1cT0' } },
    )
    const detail = `${server.url}/token: status 401, invalid_client, ${error_description}`
    await expect(source.getToken()).rejects.toMatchObject({ code: 'invalid_client', detail })
    expect(events[0]).toMatchObject({ detail: expect.stringContaining(error_description) })
  })

  it('the detail of an error contains the received and the expected content type', async () => {
    const { source, server } = await setup(
      ({ response }) => void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>'),
    )
    await expect(source.getToken()).rejects.toMatchObject({
      code: 'invalid_response',
      detail: `${server.url}/token: content type text/html, application/json expected`,
    })
  })

  it('the detail of an error explains that fetch does not call port 6000', async () => {
    const { source } = await setup(undefined, {
      issuer: undefined!,
      tokenEndpoint: 'http://127.0.0.1:6000/token',
      maxWait: 0,
    })
    await expect(source.getToken()).rejects.toMatchObject({
      code: 'unreachable',
      detail: 'http://127.0.0.1:6000/token: no response (bad port: fetch does not call this port)',
    })
  })

  it('the detail of an error does not contain an unregistered error code', async () => {
    const { source, server } = await setup(respondWithError(`denied_${SECRET}`))
    await expect(source.getToken()).rejects.toMatchObject({
      code: 'refused',
      detail: `${server.url}/token: status 400, an error code that is not registered`,
    })
  })

  it('the detail of an error contains an error_description on one line', async () => {
    const { source, server } = await setup(
      respondWithError('invalid_scope', { error_description: 'no such scope:\n write' }),
    )
    await expect(source.getToken()).rejects.toMatchObject({
      detail: `${server.url}/token: status 400, invalid_scope, no such scope: write`,
    })
  })

  it.each([
    ['longer than 1000 characters', 'x'.repeat(1001)],
    ['a terminal escape sequence', '\u001b[2J'],
    ['not a string', { a: 1 }],
  ])(
    'the detail of an error does not contain an error_description that is %s',
    async (_case, error_description) => {
      const { source } = await setup(respondWithError('invalid_scope', { error_description }))
      await expect(source.getToken()).rejects.toMatchObject({
        detail: expect.stringMatching(/: status 400, invalid_scope$/),
      })
    },
  )
})

it('a failed renewal without waiting callers causes no unhandled rejection', async () => {
  const { clock, server, source, getValue, count } = await setup(({ number }) => grant(number))
  await getValue()
  server.answer(500)
  clock.advance(500)
  expect(await getValue()).toBe('token-1')
  await until(() => count('token_failed') > 0)
  source.close()
})

it('getToken() ignores an error that onEvent throws', async () => {
  const { getValue } = await setup(undefined, {
    onEvent: () => {
      throw new Error('a bug')
    },
  })
  expect(await getValue()).toBe('token-1')
})
