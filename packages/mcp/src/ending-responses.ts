import type { Clock } from '@bearward/core/internal'

/** The members of a response of `node:http` that this module uses. */
export interface NodeResponse {
  readonly headersSent: boolean
  readonly writableEnded: boolean
  readonly writableFinished: boolean
  readonly destroyed: boolean
  end(): unknown
  destroy(): unknown
  on(event: 'error', listener: () => void): unknown
  once(event: 'close', listener: () => void): unknown
}

/** Maximum milliseconds of one timer: about 24 days. A longer timer of JavaScript ends immediately. */
const LONGEST = 2_147_483_647
/** Milliseconds between two checks of a response that has not begun, or whose end the client has not read. */
const AGAIN = 1000

/**
 * Ends a response at the time `endsAt`, in seconds since the epoch, if it is still being sent then. A response that has not begun
 * by then ends soon after it has begun. A client that does not read the end is disconnected. If `endsAt` is `undefined`, the
 * response may take any time.
 */
export function endResponseAt(
  response: NodeResponse,
  endsAt: number | undefined,
  clock: Clock,
): void {
  if (endsAt === undefined) return
  const cancel = atTime(endsAt, clock, () => {
    if (response.destroyed || response.writableFinished) return undefined
    if (response.writableEnded) return void response.destroy()
    if (!response.headersSent) return AGAIN
    // The handler may write after the end, which causes an error. Without a listener, the error would end the process.
    response.on('error', () => {})
    response.end()
    return AGAIN
  })
  response.once('close', cancel)
}

/**
 * Returns a response whose body ends at the time `endsAt`, in seconds since the epoch, even if the handler has not sent all of
 * it. If `endsAt` is `undefined`, the response may take any time.
 */
export function endStreamAt(
  response: Response,
  endsAt: number | undefined,
  clock: Clock,
): Response {
  if (endsAt === undefined || response.body === null) return response
  // In workerd, `pipeTo` with a signal does not stop while the handler sends nothing.
  const reader = response.body.getReader()
  let cancelTimer = () => {}
  let isEnded = false
  const stop = (reason?: unknown) => {
    isEnded = true
    cancelTimer()
    return reader.cancel(reason).catch(() => {})
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        cancelTimer = atTime(endsAt, clock, () => {
          controller.close()
          void stop()
          return undefined
        })
      },
      async pull(controller) {
        const { done, value } = await reader.read().catch((error: unknown) => {
          cancelTimer()
          throw error
        })
        if (isEnded) return
        if (!done) return controller.enqueue(value)
        cancelTimer()
        controller.close()
      },
      cancel: stop,
    },
    // The handler writes only if the client reads.
    { highWaterMark: 0 },
  )
  return new Response(body, response)
}

/**
 * Calls `act` at the time `seconds`, in seconds since the epoch. If `act` returns a number of milliseconds, calls `act` again
 * after this time. Returns a function that cancels the next call.
 */
function atTime(seconds: number, clock: Clock, act: () => number | undefined): () => void {
  let cancel: () => void
  const wait = () => {
    const left = seconds * 1000 - clock.now()
    if (left > 0) cancel = clock.after(Math.min(left, LONGEST), wait)
    else run()
  }
  const run = () => {
    const again = act()
    if (again !== undefined) cancel = clock.after(again, run)
  }
  cancel = () => {}
  wait()
  return () => cancel()
}
