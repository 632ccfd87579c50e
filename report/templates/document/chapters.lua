-- Numbers all chapters except the first, which is the overview.

local first = true

function Header(header)
  if header.level == 1 and first then
    first = false
    header.classes:insert('unnumbered')
  end
  return header
end
