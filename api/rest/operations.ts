// Which tool answers at which address of the REST API. All else about an operation is the tool's own.

export interface RestOperation {
  operationId: string;
  tool: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As in OpenAPI; `{id}` may hold slashes, as they are or as %2F. */
  path: string;
}

/** Of one path in one row; where two fit an address, the first is meant. */
export const restOperations: readonly RestOperation[] = [
  { operationId: 'searchNotes', tool: 'search', method: 'GET', path: '/api/search' },
  { operationId: 'listFolder', tool: 'list', method: 'GET', path: '/api/list' },
  { operationId: 'scanNotes', tool: 'scan', method: 'GET', path: '/api/scan' },
  { operationId: 'createNote', tool: 'create_note', method: 'POST', path: '/api/notes' },
  { operationId: 'appendToNote', tool: 'append_to_note', method: 'POST', path: '/api/notes/{id}/append' },
  { operationId: 'moveNote', tool: 'move_note', method: 'POST', path: '/api/notes/{id}/move' },
  { operationId: 'readNote', tool: 'fetch', method: 'GET', path: '/api/notes/{id}' },
  { operationId: 'replaceNote', tool: 'replace_note', method: 'PUT', path: '/api/notes/{id}' },
  { operationId: 'editNote', tool: 'edit_note', method: 'PATCH', path: '/api/notes/{id}' },
  { operationId: 'deleteNote', tool: 'delete_note', method: 'DELETE', path: '/api/notes/{id}' },
];

/** What is not in the path is in the query, or in a JSON body. */
export function takesBody(operation: RestOperation): boolean {
  return operation.method !== 'GET' && operation.method !== 'DELETE';
}

export function pathParametersOf(operation: RestOperation): string[] {
  return [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
}
