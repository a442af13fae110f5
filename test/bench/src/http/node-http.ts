/**
 * Parts of `node:http`, loaded in the way in which Express, Koa and the documented programs load it. From Node 22 on, an `import`
 * of `node:http` also loads undici. That would hide the cost of the first call of `fetch`.
 */
export const { createServer, get } = process.getBuiltinModule('node:http')
