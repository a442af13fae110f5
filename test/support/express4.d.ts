/** Express 4 with the types of Express 5. The tests use only members that are the same in both. */
declare module 'express4' {
  import express from 'express'

  export default express
}
