import { expect, it, vi } from 'vitest'
import { setup, waitForRequests } from './setup.ts'

const runtime = vi.hoisted(() => ({
  /** Rejects the promises of running work, as Cloudflare Workers do when a request ends. */
  cancelWork: () => {},
}))

// Replaces the module that starts work. Node does not cancel work. The replacement cancels work, as Cloudflare Workers does.
vi.mock('#async-context', async () => {
  const portable = await import('../../core/src/lib/portable-async-context.ts')
  const cancelled = new Promise<never>((_, reject) => {
    runtime.cancelWork = () => reject(new Error('created by a request that has ended'))
  })
  const runDetached = <T>(work: () => Promise<T>) => Promise.race([work(), cancelled])
  return { ...portable, runDetached }
})

it('getToken() of a waiting caller rejects with the code closed if the runtime cancels the token request and the source is then closed', async () => {
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
