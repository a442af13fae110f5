import fc from 'fast-check'
import { expect, it } from 'vitest'
import { closing } from '../../../test/support/closing.ts'
import { startRedisServer } from '../../../test/support/redis-server.ts'
import { toClusterSlot } from '../src/cluster-slot.ts'

it('toClusterSlot() returns the slot of the cluster specification for 123456789', () => {
  expect(toClusterSlot('123456789')).toBe(0x31c3)
})

it('toClusterSlot() returns the slots that a server returns for CLUSTER KEYSLOT', async () => {
  const server = closing(await startRedisServer({ args: ['--cluster-enabled', 'yes'] }))
  const part = fc.constantFrom('{', '}', 'a', 'dpop:', '{}', '\u00e9', '')
  const key = fc.array(fc.oneof(part, fc.string()), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(key, async (parts) => {
      const text = parts.join('')
      const reply = await server.command('CLUSTER', 'KEYSLOT', text)
      expect(`:${toClusterSlot(text)}`).toBe(reply)
    }),
  )
})
