import type { Guard, Requirements, ResourceServer } from '../../src/index.ts'

/** Returns a function that creates and calls a guard. After a grant, `getToken` returns the token of the request. */
export function createGuardCaller(server: ResourceServer) {
  return (request: Parameters<Guard>[0], ...requirements: [Requirements?]): ReturnType<Guard> =>
    server.guard(...requirements)(request)
}
