// The public types of other modules that stand in the face, so that `import Varve` is all a program needs. What is
// `public` in these modules is part of the face; everything else of them is `package` and stays inside.
@_exported public import VarveBytes
@_exported public import VarveDocument
@_exported public import VarveEngine
@_exported public import VarveIngest
@_exported public import VarveQuery
