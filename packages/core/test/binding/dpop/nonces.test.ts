import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Nonces } from '../../../src/binding/dpop/nonces.ts'

const NOW = 1_900_000_000
const SECRET = randomBytes(32)
const OLD_SECRET = randomBytes(32)
const RESOURCE = 'https://api.example.com'

const create = (secrets: readonly Uint8Array[] = [SECRET], resource = RESOURCE, tolerance = 5) =>
  new Nonces({ secrets, lifetime: 120 }, resource, tolerance)

describe('Nonces', () => {
  it('9449-31: Nonces.create() returns nonces with 10,000 different signatures for 10,000 seconds', async () => {
    const nonces = create()
    const signatures = new Set<string | undefined>()
    for (let second = 0; second < 10_000; second++)
      signatures.add((await nonces.create(NOW + second)).split('.')[1])
    expect(signatures.size).toBe(10_000)
  })

  it('9449-32: Nonces.create() returns only characters that RFC 9449 section 8.1 allows', async () => {
    for (let second = 0; second < 100; second++) {
      expect(await create().create(NOW + second)).toMatch(/^[\x21\x23-\x5B\x5D-\x7E]+$/)
    }
  })

  it('9449-31: Nonces.check() rejects a nonce that was signed with another secret', async () => {
    const forged = await create([randomBytes(32)]).create(NOW)
    expect(await create().check(forged, NOW)).toEqual({ isValid: false })
  })

  it('9449-34: Nonces.check() rejects a nonce of another API with the same secret', async () => {
    const other = await create([SECRET], 'https://files.example.com').create(NOW)
    expect(await create().check(other, NOW)).toEqual({ isValid: false })
  })

  it('9449-35: Nonces.check() accepts a nonce that was created with any of the configured secrets, even in another process', async () => {
    const before = await create([OLD_SECRET]).create(NOW)
    const after = await create([SECRET, OLD_SECRET]).create(NOW)
    const rotated = create([SECRET, OLD_SECRET])
    expect(await rotated.check(before, NOW)).toMatchObject({ isValid: true })
    expect(await rotated.check(after, NOW)).toMatchObject({ isValid: true })
    expect(await create([OLD_SECRET]).check(after, NOW)).toEqual({ isValid: false })
    expect(await create().check(before, NOW)).toEqual({ isValid: false })
  })

  it.each([
    [0, true, false],
    [79, true, false],
    [80, true, true],
    [120, true, true],
    [125, true, true],
    [126, false, undefined],
    [-5, true, false],
    [-6, false, undefined],
  ])(
    '9449-29: Nonces.check() of a nonce that is %i s old returns isValid %s and isDue %s (lifetime 120 s, tolerance 5 s)',
    async (age, isValid, isDue) => {
      const nonce = await create().create(NOW)
      const state = await create().check(nonce, NOW + age)
      expect(state).toEqual(isValid ? { isValid, isDue, age } : { isValid })
    },
  )

  it.each([
    '',
    '.',
    `${NOW}`,
    `${NOW}.`,
    `0${NOW}.${'a'.repeat(43)}`,
    `-1.${'a'.repeat(43)}`,
    `1e9.${'a'.repeat(43)}`,
    `${NOW}.${'a'.repeat(43)}.x`,
    `${NOW}.${'a'.repeat(44)}`,
    `${NOW}\n.${'a'.repeat(43)}`,
    `${'9'.repeat(13)}.${'a'.repeat(43)}`,
    'x'.repeat(100_000),
    `${NOW}.${'a'.repeat(43)}\r\nX: y`,
  ])('9449-29: Nonces.check() rejects a malformed nonce: %j', async (nonce) => {
    expect(await create().check(nonce, NOW)).toEqual({ isValid: false })
  })

  it('Nonces.check() rejects every nonce if the clock fails', async () => {
    const nonce = await create().create(NOW)
    expect(await create().check(nonce, NaN)).toEqual({ isValid: false })
  })

  it('Nonces.check() rejects a nonce whose time was changed', async () => {
    const [, signature] = (await create().create(NOW)).split('.')
    expect(await create().check(`${NOW + 1}.${signature}`, NOW)).toEqual({ isValid: false })
  })
})
