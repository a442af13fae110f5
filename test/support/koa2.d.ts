/** Koa 2 with the types of Koa 3. The tests use only members that are the same in both. */
declare module 'koa2' {
  import Koa from 'koa'

  export default Koa
}
