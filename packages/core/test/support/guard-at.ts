import type { Guard, Requirements, ResourceServer } from '../../src/index.ts'

/** Decides as a guard does, whose decision `getToken` finds. */
export function guardAt(server: ResourceServer) {
  return (request: Parameters<Guard>[0], ...requirements: [Requirements?]): ReturnType<Guard> =>
    server.guard(...requirements)(request)
}
