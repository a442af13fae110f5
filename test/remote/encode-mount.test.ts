import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import type { ResourceServerOptions } from '@bearward/core'
import { expect, it } from 'vitest'
import type { Mount } from '../frameworks/framework.ts'
import { sessionCookie } from '../contract/session-cookie.ts'
import { closing } from '../support/closing.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { startControl } from './control.ts'
import { encodeMount } from './encode-mount.ts'
import { decode } from './encoding.ts'

const mountWith = (options: object): Mount => ({
  options: options as ResourceServerOptions,
  routes: [],
  maxHeaderSize: 16_384,
})

const DECODERS = {
  named: (name: unknown) => `named ${name as string}`,
  callback: (id: unknown) => `callback ${id as number}`,
  listener: (id: unknown) => `listener ${id as number}`,
  clock: (...times: readonly unknown[]) => times,
}

async function sendOptions(options: object): Promise<unknown> {
  const control = closing(await startControl())
  return (decode(encodeMount(mountWith(options), control), DECODERS) as Mount).options
}

it.each([
  ['errorBody, which returns its result synchronously', { errorBody: () => '{}' }],
  ['match that is not in the list of names', { issuers: { match: () => true } }],
  ['check with a second argument', { check: async (_token: unknown, _request: unknown) => true }],
  ['info of logger', { logger: { info: () => {} } }],
])('encodeMount throws for a function that another process cannot call: %s', async (_, options) => {
  await expect(sendOptions(options)).rejects.toThrow('a function that another process cannot call')
})

it('encodeMount throws for an object that is not plain', async () => {
  await expect(sendOptions({ notAfter: new Date() })).rejects.toThrow(
    'mount.options.notAfter cannot be sent to another process.',
  )
})

it('encodeMount sends names of known functions, ids of functions that are called back, and the time of the clock', async () => {
  const options = {
    credentials: sessionCookie,
    revoked: async () => false,
    onEvent: () => {},
    clock: fakeClock(1_900_000_000),
  }
  expect(await sendOptions(options)).toEqual({
    credentials: 'named sessionCookie',
    revoked: 'callback 0',
    onEvent: 'listener 1',
    clock: [1_900_000_000_000, 0],
  })
})

it('encodeMount sends secrets as bytes, and private keys as JWKs', async () => {
  const secret = Uint8Array.from({ length: 32 }, (_, i) => i)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  expect(await sendOptions({ secret: createSecretKey(secret), key: privateKey })).toEqual({
    secret,
    key: privateKey.export({ format: 'jwk' }),
  })
})
