import { inspect } from 'node:util'
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
import { type Asked, grant, refusing } from './token-server.ts'

const faults = watchProcess()
afterEach(async () => expect(await faults.faults()).toEqual([]))

/** Returns everything that printing, logging or copying can show of a value. */
function shown(value: unknown): string {
  const seen = [
    inspect(value, { depth: 10, showHidden: true, getters: true }),
    inspect(value),
    JSON.stringify(value) ?? '',
    String(value),
    (value as Error).stack ?? '',
    inspect({ ...(value as object) }),
  ]
  if (value instanceof Error) seen.push(shown(value.cause ?? ''))
  return seen.join('\n')
}

describe('printed objects do not contain', () => {
  it('the value of a token', async () => {
    const { source, events } = await setup()
    const token = await source.getToken()
    expect(token.value).toBe('token-1')
    for (const value of [token, source, events, source.counters()]) {
      expect(shown(value)).not.toContain('token-1')
    }
    expect(String(token as unknown)).toBe('[access token]')
    expect(shown(structuredClone({ ...token }))).not.toContain('token-1')
  })

  const key = generateKey('ES256', 'client-key')
  const jwk = { ...key.privateKey.export({ format: 'jwk' }), kty: 'EC', alg: 'ES256' }
  const secret = 'p@ss/w%rd:x "y'
  const ENCODED = 'p%40ss%2Fw%25rd%3Ax+%22y'

  /** Parts of a request that a server can repeat, in several encodings. */
  const PLACES: Record<string, (asked: Asked) => string | undefined> = {
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
    'the assertion': ({ form }) => form.get('client_assertion') ?? undefined,
    'the whole form': ({ body }) => body,
  }

  it.each<[string, ClientCredentialsOptions['clientAuthentication'], number]>([
    ['client_secret_basic', { method: 'client_secret_basic', secret }, 8],
    ['client_secret_post', { method: 'client_secret_post', secret }, 8],
    ['private_key_jwt', { method: 'private_key_jwt', key: jwk }, 2],
  ])('a secret that the server repeats: %s', async (_method, clientAuthentication, least) => {
    let repeated = 0
    for (const place of Object.values(PLACES)) {
      let said = ''
      const { source, events } = await setup(
        (asked) => {
          said = place(asked) ?? ''
          const again = refusing('invalid_scope', {
            status: 400,
            error_description: `no: ${said}`,
          })
          return again(asked)
        },
        { clientAuthentication },
      )
      const error = await source.getToken().catch((thrown: Error) => thrown)
      const form = new URLSearchParams(said)
      // Skips parts that were not sent with this method.
      const isOfSecret = clientAuthentication.method !== 'private_key_jwt'
      const isAssertion = said.includes('eyJ') || form.has('client_assertion')
      const isBare = clientAuthentication.method === 'client_secret_basic' && form.has('grant_type')
      if (said === '' || isBare || (!isOfSecret && !isAssertion)) continue
      repeated++
      expect((error as TokenError).detail).toMatch(/: status 400, invalid_scope$/)
      for (const value of [error, events, source]) expect(shown(value)).not.toContain(said)
    }
    expect(repeated).toBeGreaterThanOrEqual(least)
  })

  it('the error_description of invalid_client', async () => {
    const { source } = await setup(
      refusing('invalid_client', { status: 401, error_description: 'reversed: terces-a' }),
    )
    await expect(source.getToken()).rejects.toMatchObject({
      detail: expect.stringMatching(/: status 401, invalid_client$/),
    })
  })

  it('the values of invalid options', () => {
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
      expect(shown(error)).not.toContain(SECRET)
    }
  })
})

describe('the detail of an error', () => {
  it('contains a safe error_description', async () => {
    const { source, server } = await setup(
      refusing('invalid_scope', { error_description: 'no such scope:\n write' }),
    )
    await expect(source.getToken()).rejects.toMatchObject({
      detail: `${server.url}/token: status 400, invalid_scope, no such scope: write`,
    })
  })

  it.each([
    ['longer than 500 characters', 'x'.repeat(501)],
    ['a terminal escape sequence', '\u001b[2J'],
    ['not a string', { a: 1 }],
  ])('does not contain an error_description that is %s', async (_case, error_description) => {
    const { source } = await setup(refusing('invalid_scope', { error_description }))
    await expect(source.getToken()).rejects.toMatchObject({
      detail: expect.stringMatching(/: status 400, invalid_scope$/),
    })
  })
})

it('a failed renewal without waiting callers causes no unhandled rejection', async () => {
  const { clock, server, source, value, count } = await setup(({ number }) => grant(number))
  await value()
  server.answer(500)
  clock.advance(500)
  expect(await value()).toBe('token-1')
  await until(() => count('token_failed') > 0)
  source.close()
})

it('an error thrown by onEvent is ignored', async () => {
  const { value } = await setup(undefined, {
    onEvent: () => {
      throw new Error('a bug')
    },
  })
  expect(await value()).toBe('token-1')
})
