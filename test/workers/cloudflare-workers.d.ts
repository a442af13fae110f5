/** The part of the module of workerd that the Worker under test uses. */
declare module 'cloudflare:workers' {
  export const env: Readonly<Record<string, unknown>>
}

interface WorkerSocket {
  accept(): void
  send(data: string): void
  addEventListener(type: 'message', listener: (event: { readonly data: string }) => void): void
}

/** A global class of workerd. */
declare const WebSocketPair: new () => { readonly 0: WorkerSocket; readonly 1: WorkerSocket }
