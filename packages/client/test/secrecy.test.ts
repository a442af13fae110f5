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
import { scene, SECRET, until } from './scene.ts'
import { type Asked, grant, refusing } from './token-server.ts'

const faults = watchProcess()
afterEach(async () => expect(await faults.faults()).toEqual([]))

/** Everything that printing, logging or copying can show of a value. */
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

describe('nothing that can be printed holds', () => {
  it('a token', async () => {
    const { source, events } = await scene()
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

  /** What a server may repeat of what it has been sent. */
  const PLACES: Record<string, (asked: Asked) => string | undefined> = {
    'the header line': ({ headers }) => headers.authorization,
    'the decoded header line': ({ headers }) =>
      Buffer.from(headers.authorization?.slice(6) ?? '', 'base64').toString(),
    'the secret as it was sent in the form': ({ body }) => /client_secret=([^&]*)/.exec(body)?.[1],
    'the secret as it was meant': () => secret,
    'the secret with a space that is written in another way': () => secret.replace(' ', '%20'),
    'the secret with escapes in lower case': () =>
      ENCODED.replace(/%../g, (part) => part.toLowerCase()),
    'the secret with quotes that are escaped': () => secret.replace(/"/g, '\\"'),
    'the secret in base64': () => btoa(secret),
    'the secret in lines': () => secret.replace(' ', '\n'),
    'the assertion': ({ form }) => form.get('client_assertion') ?? undefined,
    'the whole form': ({ body }) => body,
  }

  it.each<[string, ClientCredentialsOptions['clientAuthentication'], number]>([
    ['client_secret_basic', { method: 'client_secret_basic', secret }, 8],
    ['client_secret_post', { method: 'client_secret_post', secret }, 8],
    ['private_key_jwt', { method: 'private_key_jwt', key: jwk }, 2],
  ])('a secret, where the server repeats it: %s', async (_method, clientAuthentication, least) => {
    let repeated = 0
    for (const place of Object.values(PLACES)) {
      let said = ''
      const { source, events } = await scene(
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
      // What was not sent cannot be repeated.
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

  it('what a server says where the credentials are wrong: only that', async () => {
    const { source } = await scene(
      refusing('invalid_client', { status: 401, error_description: 'reversed: terces-a' }),
    )
    await expect(source.getToken()).rejects.toMatchObject({
      detail: expect.stringMatching(/: status 401, invalid_client$/),
    })
  })

  it('anything of options that are wrong', () => {
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

describe('an error', () => {
  it('tells what the server says, where that is harmless', async () => {
    const { source, server } = await scene(
      refusing('invalid_scope', { error_description: 'no such scope:\n write' }),
    )
    await expect(source.getToken()).rejects.toMatchObject({
      detail: `${server.url}/token: status 400, invalid_scope, no such scope: write`,
    })
  })

  it.each([
    ['longer than a few lines', 'x'.repeat(501)],
    ['in terminal codes', '\u001b[2J'],
    ['no text', { a: 1 }],
  ])('does not where that is %s', async (_case, error_description) => {
    const { source } = await scene(refusing('invalid_scope', { error_description }))
    await expect(source.getToken()).rejects.toMatchObject({
      detail: expect.stringMatching(/: status 400, invalid_scope$/),
    })
  })
})

it('no rejection is left unhandled, where nobody waits for a renewal that fails', async () => {
  const { clock, server, source, value, count } = await scene(({ number }) => grant(number))
  await value()
  server.answer(500)
  clock.advance(500)
  expect(await value()).toBe('token-1')
  await until(() => count('token_failed') > 0)
  source.close()
})

it('what an event listener throws changes nothing', async () => {
  const { value } = await scene(undefined, {
    onEvent: () => {
      throw new Error('a bug')
    },
  })
  expect(await value()).toBe('token-1')
})
