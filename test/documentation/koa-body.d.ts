import 'koa'

declare module 'koa' {
  interface Request {
    /** The type that docs/mcp.md shows. */
    body?: unknown
  }
}
