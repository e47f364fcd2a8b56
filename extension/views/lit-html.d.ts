/** The build puts lit-html's one module here. */
export * from 'lit-html';
