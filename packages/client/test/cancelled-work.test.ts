import { expect, it, vi } from 'vitest'
import { setup, waitForRequests } from './setup.ts'

const runtime = vi.hoisted(() => ({
  /** Ends the work that has started like Cloudflare Workers when a request ends: its promises reject. */
  cancelWork: () => {},
}))

// The part of the runtimes that cancel work. Node does not, so the test does it.
vi.mock('#async-context', async () => {
  const portable = await import('../../core/src/lib/portable-async-context.ts')
  const cancelled = new Promise<never>((_, reject) => {
    runtime.cancelWork = () => reject(new Error('created by a request that has ended'))
  })
  const runDetached = <T>(work: () => Promise<T>) => Promise.race([work(), cancelled])
  return { ...portable, runDetached }
})

it('getToken() rejects with closed if the source is closed while it waits for a call that the runtime cancels', async () => {
  const { source, getErrorCode } = await setup(undefined, {
    fetch: () => new Promise<Response>(() => {}),
  })
  const starting = source.getToken()
  const waiting = getErrorCode()
  await waitForRequests()
  runtime.cancelWork()
  source.close()
  expect(await waiting).toBe('closed')
  await expect(starting).rejects.toThrow('a request that has ended')
})
